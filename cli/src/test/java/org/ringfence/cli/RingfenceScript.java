package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** A program named {@code ringfence} that starts this test's command line. */
final class RingfenceScript {
  private RingfenceScript() {}

  static Path in(Path directory) throws IOException {
    String start =
        CommandLineProcess.in(directory).words().stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    Path script = directory.resolve("ringfence");
    Files.writeString(script, "#!/bin/sh\nexec " + start + " \"$@\"\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }
}
