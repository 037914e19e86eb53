package org.ringfence.linux.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NativeBlockTest {
  @Test
  void closedBlockRefusesAccessAndASecondCloseFreesNothing() {
    NativeBlock block = new NativeBlock(64);
    long at = block.allocate(8);
    block.setLong(at, 7);
    assertThat(block.getLong(at)).isEqualTo(7);
    block.close();
    block.close();
    assertThatThrownBy(() -> block.getLong(at)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> block.setLong(at, 8)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> block.allocate(8)).isInstanceOf(IllegalStateException.class);
  }
}
