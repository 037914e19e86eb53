package org.ringfence.wsl2;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Runs the script guest with bash as {@code /bin/sh}, as on Fedora, Arch and openSUSE. */
@EnabledIfSystemProperty(
    named = "ringfence.test.full",
    matches = "true",
    disabledReason = "dash runs in every build; bash takes a minute, only with .ci/full")
class Wsl2BashGuestTest extends Wsl2ScriptGuestTest {
  @Override
  String shell() {
    return "/bin/bash";
  }
}
