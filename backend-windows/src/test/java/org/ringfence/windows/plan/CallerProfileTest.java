package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CallerProfileTest {
  private static final String PROFILE = "C:\\Users\\me";

  private static Map<String, String> left(String name, String value) {
    Map<String, String> environment = new HashMap<>(Map.of("UserProfile", PROFILE, "PATH", "C:\\"));
    environment.put(name, value);
    return CallerProfile.without(environment);
  }

  @Test
  void variablesThatNameTheCallersProfileAreLeftOut() {
    for (String value : new String[] {PROFILE, "c:/users/ME/", "/c/Users/me"}) {
      assertThat(left("HOME", value)).as(value).containsOnlyKeys("UserProfile", "PATH");
    }
    assertThat(left("xdg_config_home", PROFILE + "\\.config")).doesNotContainKey("xdg_config_home");
  }

  @Test
  void directoriesThatAreClosedToTheCommandAreLeftOutOfPath() {
    assertThat(
            CallerProfile.searchPath(
                "C:\\Windows;\"C:\\Users\\me\\go\\bin\";;tools;C:/Users/me/work/bin",
                directory -> !directory.contains("go")))
        .isEqualTo("C:\\Windows;;tools;C:/Users/me/work/bin");
    assertThat(CallerProfile.searchPath("", directory -> false)).isEmpty();
  }

  @Test
  void chosenVariablesStay() {
    assertThat(left("HOME", "C:\\Users\\me\\work\\home")).containsKey("HOME");
    assertThat(left("XDG_CACHE_HOME", "D:\\cache")).containsKey("XDG_CACHE_HOME");
    assertThat(CallerProfile.without(Map.of("HOME", PROFILE))).containsKey("HOME");
  }
}
