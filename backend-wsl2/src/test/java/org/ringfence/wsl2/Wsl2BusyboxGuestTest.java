package org.ringfence.wsl2;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Runs the script guest with busybox as {@code /bin/sh}, as on Alpine. */
@EnabledIfSystemProperty(
    named = "ringfence.test.full",
    matches = "true",
    disabledReason = "dash runs in every build; busybox takes a minute, only with .ci/full")
class Wsl2BusyboxGuestTest extends Wsl2ScriptGuestTest {
  @Override
  String shell() {
    return "/usr/bin/busybox";
  }
}
