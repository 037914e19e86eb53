package org.ringfence.wsl2;

/** The guest of scripts where {@code /bin/sh} is busybox, as it is on Alpine. */
class Wsl2BusyboxGuestTest extends Wsl2ScriptGuestTest {
  @Override
  String shell() {
    return "/usr/bin/busybox";
  }
}
