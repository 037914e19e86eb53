package org.ringfence.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line warns when {@code --deny} names a path at which nothing lies. */
class DeniedPathTest {
  @TempDir private Path directory;

  private List<String> said(String denied) throws Exception {
    PolicyOptions options =
        CommandLine.populateCommand(
            new PolicyOptions(), "-C", directory.toString(), "--deny", denied);
    return options.withoutEffect(options.effective());
  }

  @Test
  void misspeltPathIsNamed() throws Exception {
    Path there = Files.createFile(directory.resolve("secret"));
    assertThat(said(there.toString())).isEmpty();
    assertThat(said(directory.resolve("sercet").toString()))
        .singleElement()
        .asString()
        .startsWith("--deny ")
        .contains("sercet: nothing is at ");
    assertThat(said("*.nosuch")).as("a glob names no path").isEmpty();
    assertThat(said(":home/no/such/place")).hasSize(1);
  }
}
