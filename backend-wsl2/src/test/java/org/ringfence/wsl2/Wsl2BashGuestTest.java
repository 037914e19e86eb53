package org.ringfence.wsl2;

/** The guest of scripts where {@code /bin/sh} is bash, as it is on Fedora, Arch and openSUSE. */
class Wsl2BashGuestTest extends Wsl2ScriptGuestTest {
  @Override
  String shell() {
    return "/bin/bash";
  }
}
