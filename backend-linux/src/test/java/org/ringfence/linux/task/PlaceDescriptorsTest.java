package org.ringfence.linux.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

class PlaceDescriptorsTest {
  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final PlaceDescriptors places = new PlaceDescriptors(kernel);

  private int root() {
    try (NativeBlock block = new NativeBlock(32)) {
      return (int)
          kernel.call(
              Syscall.OPENAT,
              Constants.AT_FDCWD,
              block.string("/"),
              Constants.O_PATH | Constants.O_CLOEXEC,
              0);
    }
  }

  private boolean isOpen(int fd) {
    return kernel.call(Syscall.FCNTL, fd, Constants.F_GETFL) >= 0;
  }

  @Test
  void recordedDescriptorsStayOpenUntilTheDecisionsEnd() {
    List<Integer> opened = new ArrayList<>();
    places.during(
        () -> {
          for (int i = 0; i < 3; i++) {
            opened.add(places.opened(root()));
          }
          // The numbers are no longer in a row.
          kernel.call(Syscall.CLOSE, opened.remove(1));
          opened.forEach(places::close);
          assertThat(opened).allMatch(this::isOpen);
        });
    assertThat(opened).noneMatch(this::isOpen);
  }

  @Test
  void moreDescriptorsThanAreHeldAtOnceAreClosed() {
    List<Integer> opened = new ArrayList<>();
    places.during(
        () -> {
          for (int i = 0; i < 100; i++) {
            opened.add(places.opened(root()));
          }
          opened.forEach(places::close);
        });
    assertThat(opened).noneMatch(this::isOpen);
  }

  @Test
  void otherDescriptorIsClosedAtOnce() {
    places.during(
        () -> {
          int other = root();
          places.close(other);
          assertThat(isOpen(other)).isFalse();
        });
  }

  @Test
  void descriptorIsClosedAtOnceOutsideADecision() {
    int opened = places.opened(root());
    places.close(opened);
    assertThat(isOpen(opened)).isFalse();
  }

  @Test
  void descriptorIsClosedAfterAFailure() {
    int[] opened = new int[1];
    try {
      places.during(
          () -> {
            opened[0] = places.opened(root());
            places.close(opened[0]);
            throw new IllegalStateException("the decision fails");
          });
    } catch (IllegalStateException expected) {
      assertThat(isOpen(opened[0])).isFalse();
    }
  }
}
