package org.ringfence.wsl2;

/** Runs the script guest with busybox as {@code /bin/sh}, as on Alpine. */
class Wsl2BusyboxGuestTest extends Wsl2ScriptGuestTest {
  @Override
  String shell() {
    return "/usr/bin/busybox";
  }
}
