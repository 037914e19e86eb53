package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.report.ReviewPrinter;
import org.ringfence.file.HeldDirectories;
import org.ringfence.review.WorkspaceReview;
import picocli.CommandLine;

/** Applies the patch of a review with the programs git and patch. */
@SuppressWarnings("unchecked") // JSON objects and lists
class ReviewPatchTest {
  @TempDir private Path directory;
  private Path workspace;
  private Path before;

  @BeforeEach
  void createWorkspaceAndCopy() throws Exception {
    assumeTrue(
        Backends.load().all().stream()
            .anyMatch(one -> one.extension(HeldDirectories.class).isPresent()),
        "no backend can hold directories here");
    workspace = Files.createDirectory(directory.resolve("workspace"));
    before = Files.createDirectory(directory.resolve("before"));
    for (Path root : List.of(workspace, before)) {
      Files.writeString(root.resolve("changed"), "one\ntwo\nthree\n");
      Files.writeString(root.resolve("open end"), "no line feed");
      Files.writeString(root.resolve("closed"), "line feed\n");
      Files.writeString(root.resolve("gone"), "was here\n");
      Files.writeString(root.resolve("script"), "#!/bin/sh\n");
      Files.writeString(root.resolve("empty"), "");
      Files.write(root.resolve("image"), new byte[] {1, 0, 2});
    }
  }

  private WorkspaceReview review(boolean withBinary) throws IOException {
    WorkspaceReview review = WorkspaceReview.begin(directory.resolve("store"), workspace);
    Path copy = review.copy();
    Files.writeString(copy.resolve("changed"), "one\n2\nthree\nfour\n");
    Files.writeString(copy.resolve("open end"), "no line feed either");
    Files.writeString(copy.resolve("closed"), "not any more");
    Files.delete(copy.resolve("gone"));
    Files.setPosixFilePermissions(
        copy.resolve("script"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectories(copy.resolve("new/deep"));
    Files.writeString(copy.resolve("new/deep/added"), "a\nb\n");
    Files.writeString(copy.resolve("new/added without end"), "a");
    Files.writeString(copy.resolve("new/naïve"), "umlaut ü\n");
    Files.writeString(copy.resolve("empty"), "not any more\n");
    if (withBinary) {
      Files.write(copy.resolve("image"), new byte[] {1, 0, 3});
    }
    return review;
  }

  private Path patch(WorkspaceReview review) throws IOException {
    Path patch = directory.resolve("review.patch");
    try (PrintWriter out = new PrintWriter(patch.toFile(), StandardCharsets.UTF_8)) {
      new ReviewPrinter(out, true).print(review);
    }
    return patch;
  }

  private void apply(List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(before.toFile()).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isZero();
  }

  private static boolean isInstalled(String program) throws Exception {
    try {
      return new ProcessBuilder(program, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Map<String, String> tree(Path root) throws IOException {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
        String content = Files.readString(path, StandardCharsets.ISO_8859_1);
        tree.put(
            root.relativize(path).toString(), (Files.isExecutable(path) ? "x " : "- ") + content);
      }
    }
    return tree;
  }

  @ParameterizedTest
  @ValueSource(strings = {"git apply", "patch -p1 -s -i"})
  void patchProducesTheReviewedTree(String program) throws Exception {
    assumeTrue(isInstalled(program.split(" ")[0]), program + " is not installed");
    WorkspaceReview review = review(false);
    Path patch = patch(review);
    apply(Stream.concat(Stream.of(program.split(" ")), Stream.of(patch.toString())).toList());
    assertThat(tree(before)).isEqualTo(tree(review.copy()));
    review.discard();
  }

  @ParameterizedTest
  @ValueSource(strings = {"git apply", "patch -p1 -s -i"})
  void patchNamesBinaryFileAndAppliesTheRest(String program) throws Exception {
    assumeTrue(isInstalled(program.split(" ")[0]), program + " is not installed");
    WorkspaceReview review = review(true);
    Path patch = patch(review);
    assertThat(patch)
        .content()
        .contains("M image", "Binary or large files a/image and b/image differ");
    apply(Stream.concat(Stream.of(program.split(" ")), Stream.of(patch.toString())).toList());
    Map<String, String> expected = tree(review.copy());
    expected.put("image", tree(before).get("image"));
    assertThat(tree(before)).isEqualTo(expected);
    review.discard();
  }

  @Test
  void conflictNamesACommandThatAppliesTheChanges() throws Exception {
    assumeTrue(isInstalled("patch"), "patch is not installed");
    WorkspaceReview review = review(false);
    byte[] old = Files.readAllBytes(workspace.resolve("changed"));
    Files.writeString(workspace.resolve("changed"), "other");
    Files.write(workspace.resolve("changed"), old);
    StringWriter err = new StringWriter();
    String store = directory.resolve("store").toString();
    CommandLine line = Ringfence.commandLine();
    line.setErr(new PrintWriter(err, true));
    assertThat(line.execute("review", "--store", store, "commit", review.id())).isNotZero();
    String said = err.toString().replaceAll("\\s+", " ");
    assertThat(said)
        .contains("changed in the workspace meanwhile: changed")
        .endsWith(
            "apply them as a patch: p=$(mktemp) && ringfence review --store "
                + store
                + " show "
                + review.id()
                + " > $p && patch -d "
                + workspace.toRealPath()
                + " -p1 -i $p && ringfence review --store "
                + store
                + " discard "
                + review.id()
                + " ");
    Map<String, String> wanted = tree(review.copy());
    Process patch =
        new ProcessBuilder("patch", "-d", workspace.toString(), "-p1", "-i", "" + patch(review))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(patch.waitFor()).isZero();
    assertThat(tree(workspace)).isEqualTo(wanted);
  }

  @Test
  void reviewListShowsTimeAndNumberOfChanges() throws Exception {
    WorkspaceReview review = review(true);
    StringWriter out = new StringWriter();
    CommandLine line = Ringfence.commandLine().setOut(new PrintWriter(out));
    String store = directory.resolve("store").toString();
    assertThat(line.execute("review", "list", "--store", store)).isZero();
    assertThat(out.toString())
        .matches(
            review.id() + "  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  \\d+ changes  .*workspace\\R");
    out.getBuffer().setLength(0);
    assertThat(line.execute("review", "list", "--json", "--store", store)).isZero();
    Map<String, Object> tree = JsonText.read(out.toString());
    assertThat((List<Object>) tree.get("reviews"))
        .singleElement()
        .satisfies(
            one ->
                assertThat((Map<String, Object>) one)
                    .containsEntry("id", review.id())
                    .containsEntry("changes", review.changes().size())
                    .containsOnlyKeys("id", "begun", "workspace", "changes", "problem"));
    out.getBuffer().setLength(0);
    assertThat(line.execute("review", "show", "--json", "--store", store, review.id())).isZero();
    assertThat((List<Object>) JsonText.read(out.toString()).get("changes"))
        .contains(
            Map.of(
                "path",
                "gone",
                "kind",
                "deleted",
                "conflict",
                false,
                "oldMode",
                "100644",
                "newMode",
                "0"));
    review.discard();
  }
}
