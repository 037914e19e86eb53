package org.ringfence.windows.acl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A security identifier in its text form, {@code S-1-5-32-545} ([MS-DTYP] 2.4.2).
 *
 * @param text the text
 */
public record Sid(String text) {
  private static final Pattern FORM = Pattern.compile("S-1-[0-9]{1,15}(-[0-9]{1,10}){0,15}");
  private static final long LARGEST_PART = 0xffffffffL;
  private static final int HEADER_BYTES = 8;

  /** The domain of no machine: "Ring", "fenc" in ASCII. */
  private static final String SYNTHETIC = "S-1-5-21-1382641255-1717923427-";

  /** Everyone. */
  public static final Sid EVERYONE = new Sid("S-1-1-0");

  /** The rights of an object's owner, when an entry names them. */
  public static final Sid OWNER_RIGHTS = new Sid("S-1-3-4");

  /** Authenticated Users. */
  public static final Sid AUTHENTICATED_USERS = new Sid("S-1-5-11");

  /** {@code CREATOR OWNER}: in an entry that is inherited, the owner of the new object. */
  public static final Sid CREATOR_OWNER = new Sid("S-1-3-0");

  /** {@code NT SERVICE\TrustedInstaller}, which owns the files of Windows. */
  public static final Sid TRUSTED_INSTALLER =
      new Sid("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464");

  /** The operating system. */
  public static final Sid SYSTEM = new Sid("S-1-5-18");

  /** The account of local services; here the owner of objects that no account is to own. */
  public static final Sid LOCAL_SERVICE = new Sid("S-1-5-19");

  /** Administrators. */
  public static final Sid ADMINISTRATORS = new Sid("S-1-5-32-544");

  /** Users. */
  public static final Sid USERS = new Sid("S-1-5-32-545");

  /** ALL APPLICATION PACKAGES: each AppContainer that is not less privileged. */
  public static final Sid ALL_PACKAGES = new Sid("S-1-15-2-1");

  /** ALL RESTRICTED APPLICATION PACKAGES: each AppContainer, also a less privileged one. */
  public static final Sid ALL_RESTRICTED_PACKAGES = new Sid("S-1-15-2-2");

  /** Checks the form. */
  public Sid {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException("'" + text + "' is no SID; use S-1-5-21-1-2-3-4");
    }
    String[] parts = text.split("-");
    for (int i = 3; i < parts.length; i++) {
      if (Long.parseLong(parts[i]) > LARGEST_PART) {
        throw new IllegalArgumentException(
            "'" + text + "' is no SID: " + parts[i] + " is too large");
      }
    }
  }

  /**
   * Returns the SID that stands for a writable root: no account has it, and the same root always
   * gets the same one.
   *
   * @param secret the installation's secret
   * @param root the canonical path of the root; compared without case, as NTFS does
   * @return the SID
   */
  public static Sid synthetic(byte[] secret, String root) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      ByteBuffer hash =
          ByteBuffer.wrap(
              mac.doFinal(root.toUpperCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8)));
      return new Sid(
          SYNTHETIC + (hash.getInt() & LARGEST_PART) + "-" + (hash.getInt() & LARGEST_PART));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has HmacSHA256", e);
    }
  }

  /**
   * Returns whether this stands for a root of Ringfence, under any secret: it identifies such
   * entries even when no record remains.
   *
   * @return true if it does
   */
  public boolean synthetic() {
    return text.startsWith(SYNTHETIC);
  }

  /**
   * Reads the binary form.
   *
   * @param bytes revision, count, authority and parts; more may follow
   * @return the SID
   * @throws IllegalArgumentException if the bytes are invalid
   */
  public static Sid of(byte[] bytes) {
    if (bytes.length < HEADER_BYTES
        || bytes[0] != 1
        || bytes[1] < 0
        || bytes.length < HEADER_BYTES + Integer.BYTES * bytes[1]) {
      throw new IllegalArgumentException("the bytes are no SID");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int count = buffer.get(1);
    long authority = (buffer.getShort(2) & 0xffffL) << 32 | buffer.getInt(4) & LARGEST_PART;
    StringBuilder text = new StringBuilder("S-1-").append(authority);
    buffer.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      text.append('-').append(buffer.getInt(HEADER_BYTES + Integer.BYTES * i) & LARGEST_PART);
    }
    return new Sid(text.toString());
  }

  /**
   * Returns the binary form, as Win32 functions take it.
   *
   * @return revision, count, authority and parts
   */
  public byte[] bytes() {
    String[] parts = text.split("-");
    int count = parts.length - 3;
    ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + Integer.BYTES * count);
    bytes.put((byte) 1).put((byte) count);
    long authority = Long.parseLong(parts[2]);
    bytes.putShort((short) (authority >> 32)).putInt((int) authority);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 3; i < parts.length; i++) {
      bytes.putInt((int) Long.parseLong(parts[i]));
    }
    return bytes.array();
  }

  @Override
  public String toString() {
    return text;
  }
}
