package org.ringfence.windows.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FileIdentityTest {
  private static final long INDEX = 0x0001000000000005L;
  private static final int SERIAL = 0xcafe1234;

  private static FileFacts.Identity of(long volume, long lower, long upper) {
    byte[] info =
        ByteBuffer.allocate(FileFacts.Identity.INFO_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(volume)
            .putLong(lower)
            .putLong(upper)
            .array();
    return FileFacts.Identity.of(SERIAL, INDEX, Optional.of(info));
  }

  @Test
  void filesOfNtfsAreTheSameWithBothCalls() {
    FileFacts.Identity old = FileFacts.Identity.of(SERIAL, INDEX, Optional.empty());
    assertThat(old).isEqualTo(new FileFacts.Identity(0xcafe1234L, "0001000000000005"));
    assertThat(of(0x77cafe1234L, INDEX, 0)).isEqualTo(old);
  }

  /** Both have the same 64-bit index. */
  @Test
  void filesOfRefsDifferInTheUpperHalf() {
    assertThat(of(7, INDEX, 1)).isNotEqualTo(of(7, INDEX, 2));
    assertThat(of(7, INDEX, 1))
        .isEqualTo(new FileFacts.Identity(7, "00000000000000010001000000000005"));
    assertThat(of(7, INDEX, 1)).isNotEqualTo(of(8, INDEX, 1));
  }
}
