package org.ringfence.windows.system;

/** Security descriptors of files, registry keys and kernel objects. */
public interface ObjectSecurity {
  /** What an object is ({@code SE_OBJECT_TYPE}). */
  enum Kind {
    /** {@code SE_FILE_OBJECT}. */
    FILE(1),
    /** {@code SE_REGISTRY_KEY}. */
    REGISTRY_KEY(4),
    /** {@code SE_KERNEL_OBJECT}. */
    KERNEL(6);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /**
     * The constant.
     *
     * @return its number
     */
    public int number() {
      return number;
    }
  }

  /**
   * Owner, group and list of an object.
   *
   * @param object the object, opened with {@code READ_CONTROL}
   * @return a self-relative security descriptor
   * @throws WindowsCallException if it cannot be read
   */
  byte[] descriptor(Handle object) throws WindowsCallException;

  /**
   * Writes the list of a descriptor as text.
   *
   * @param descriptor a self-relative security descriptor
   * @return SDDL of the list with its control bits
   * @throws WindowsCallException if it is not valid
   */
  String sddl(byte[] descriptor) throws WindowsCallException;

  /**
   * Reads a descriptor from text.
   *
   * @param sddl the text
   * @return a self-relative security descriptor
   * @throws WindowsCallException if it is not valid
   */
  byte[] ofSddl(String sddl) throws WindowsCallException;

  /**
   * Sets the list of an object; what lies below a directory inherits it.
   *
   * @param object the object, opened with {@code WRITE_DAC}
   * @param kind what it is
   * @param acl the list, as bytes of an {@code ACL}
   * @throws WindowsCallException if it cannot be set
   */
  void setDacl(Handle object, Kind kind, byte[] acl) throws WindowsCallException;

  /**
   * Sets the list of an object to the last bit, inherited entries and control bits included. What
   * lies below inherits nothing of it.
   *
   * @param object the object, opened with {@code WRITE_DAC}
   * @param descriptor a self-relative security descriptor
   * @throws WindowsCallException if it cannot be set
   */
  void setDaclExactly(Handle object, byte[] descriptor) throws WindowsCallException;
}
