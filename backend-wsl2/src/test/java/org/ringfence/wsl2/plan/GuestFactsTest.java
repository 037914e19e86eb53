package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GuestFactsTest {
  private static final String COMPLETE =
      "kernel=6.6.87.2-microsoft-standard-WSL2\nmachine=x86_64\n"
          + "namespaces=yes\njava=openjdk version \"17.0.12\"\n";

  @Test
  void kernelThatNothingCouldAskIsLeftToTheGuest() {
    GuestFacts facts =
        GuestFacts.of(COMPLETE + "bubblewrap=bubblewrap 0.9.0\nlandlock=not known\nend=yes");
    assertThat(facts.lacks()).isEmpty();
    assertThat(facts.lacksOfGuest()).isEmpty();
    assertThat(
            GuestFacts.of(COMPLETE + "bubblewrap=bubblewrap 0.9.0\nlandlock=none\nend=yes")
                .lacksOfGuest())
        .singleElement()
        .extracting(GuestFacts.Lack::reason)
        .asString()
        .contains("no Landlock");
  }

  @Test
  void bubblewrapOfUbuntu22IsRefusedWithACommandThatHelps() {
    assertThat(GuestFacts.of(COMPLETE + "bubblewrap=bubblewrap 0.6.1\nend=yes").lacks())
        .singleElement()
        .satisfies(
            lack -> {
              assertThat(lack.reason()).isEqualTo("its bubblewrap is 0.6");
              assertThat(lack.remedy()).startsWith("wsl --install -d Ubuntu-24.04");
            });
  }
}
