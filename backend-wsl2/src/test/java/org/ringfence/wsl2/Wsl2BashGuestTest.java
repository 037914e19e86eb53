package org.ringfence.wsl2;

/** Runs the script guest with bash as {@code /bin/sh}, as on Fedora, Arch and openSUSE. */
class Wsl2BashGuestTest extends Wsl2ScriptGuestTest {
  @Override
  String shell() {
    return "/bin/bash";
  }
}
