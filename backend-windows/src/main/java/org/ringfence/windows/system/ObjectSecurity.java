package org.ringfence.windows.system;

import org.ringfence.windows.acl.Sid;

/** Security descriptors of files, registry keys and kernel objects. */
public interface ObjectSecurity {
  /** Type of an object ({@code SE_OBJECT_TYPE}). */
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
     * Returns the constant.
     *
     * @return its number
     */
    public int number() {
      return number;
    }
  }

  /**
   * Returns owner, group and list of an object.
   *
   * @param object the object, opened with {@code READ_CONTROL}
   * @return a self-relative security descriptor
   * @throws WindowsCallException if it cannot be read
   */
  byte[] descriptor(Handle object) throws WindowsCallException;

  /**
   * Converts the list of a descriptor to text.
   *
   * @param descriptor a self-relative security descriptor
   * @return SDDL of the list with its control bits
   * @throws WindowsCallException if it is not valid
   */
  String sddl(byte[] descriptor) throws WindowsCallException;

  /**
   * Converts text to a descriptor.
   *
   * @param sddl the text
   * @return a self-relative security descriptor
   * @throws WindowsCallException if it is not valid
   */
  byte[] ofSddl(String sddl) throws WindowsCallException;

  /**
   * Sets the list of an object; objects below a directory inherit it.
   *
   * @param object the object, opened with {@code WRITE_DAC}
   * @param kind its type
   * @param acl the list, as bytes of an {@code ACL}
   * @throws WindowsCallException if it cannot be set
   */
  void setDacl(Handle object, Kind kind, byte[] acl) throws WindowsCallException;

  /**
   * Sets the list of an object bit for bit, inherited entries and control bits included. Objects
   * below inherit nothing of it.
   *
   * @param object the object, opened with {@code WRITE_DAC}
   * @param descriptor a self-relative security descriptor
   * @throws WindowsCallException if it cannot be set
   */
  void setDaclExactly(Handle object, byte[] descriptor) throws WindowsCallException;

  /**
   * Sets the owner of an object; its list stays.
   *
   * @param object the object, opened with {@code WRITE_OWNER}
   * @param owner the user of this process
   * @throws WindowsCallException if it cannot be set
   */
  void setOwner(Handle object, Sid owner) throws WindowsCallException;
}
