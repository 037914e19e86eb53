package org.ringfence.agentsandbox;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.CommandRun;
import org.ringfence.Result;
import org.springaicommunity.sandbox.FileEntry;
import org.springaicommunity.sandbox.FileSpec;
import org.springaicommunity.sandbox.FileType;
import org.springaicommunity.sandbox.Sandbox;
import org.springaicommunity.sandbox.SandboxException;
import org.springaicommunity.sandbox.SandboxFiles;

/**
 * Operations on files that commands in the sandbox carry out. This JVM opens no file: a command
 * could have put a link in its place.
 */
final class ConfinedFiles implements SandboxFiles {
  private static final int LAST_LINES = 3;

  private final RingfenceSandbox owner;
  private final org.ringfence.Sandbox sandbox;

  ConfinedFiles(RingfenceSandbox owner, org.ringfence.Sandbox sandbox) {
    this.owner = owner;
    this.sandbox = sandbox;
  }

  /** Returns a path for programs that take a first minus for an option, and nothing for no path. */
  private static String operand(String path) {
    return path.isEmpty() ? "." : path.startsWith("-") ? "./" + path : path;
  }

  private CommandRun shell(String script, String... arguments) {
    List<String> words = new ArrayList<>(List.of("sh", "-c", script, "sh"));
    words.addAll(List.of(arguments));
    return sandbox.command(words);
  }

  private static Result done(String what, String path, CommandRun run) {
    Result result = RingfenceSandbox.run(run);
    if (!result.succeeded()) {
      throw new SandboxException(
          "Failed to "
              + what
              + ": "
              + path
              + ": "
              + String.join(" | ", result.stderr().lastLines(LAST_LINES)));
    }
    RingfenceSandbox.demandWhole(result);
    return result;
  }

  @Override
  public SandboxFiles create(String path, String content) {
    String script = "case $1 in */*) mkdir -p \"${1%/*}/\" || exit;; esac; exec cat >\"$1\"";
    done("create file", path, shell(script, operand(path)).stdin(content));
    return this;
  }

  @Override
  public SandboxFiles createDirectory(String path) {
    done("create directory", path, sandbox.command("mkdir", "-p", operand(path)));
    return this;
  }

  @Override
  public SandboxFiles setup(List<FileSpec> files) {
    files.forEach(file -> create(file.path(), file.content()));
    return this;
  }

  @Override
  public String read(String path) {
    Result result = done("read file", path, sandbox.command("cat", operand(path)));
    if (result.stdout().truncated()) {
      throw new SandboxException(
          "Failed to read file: "
              + path
              + ": it has "
              + result.stdout().written()
              + " bytes, more than "
              + CommandRun.USUAL_MAX_OUTPUT);
    }
    return result.stdout().text();
  }

  @Override
  public boolean exists(String path) {
    return RingfenceSandbox.run(shell("test -e \"$1\"", operand(path))).succeeded();
  }

  @Override
  public List<FileEntry> list(String path) {
    return list(path, 1);
  }

  @Override
  public List<FileEntry> list(String path, int maxDepth) {
    // The output is the same in every language, and a name may have any character but NUL.
    CommandRun run =
        shell(
            "test -d \"$1\" || { echo 'not a directory' >&2; exit 1; }; LC_ALL=C exec find -H"
                + " \"$1\" -mindepth 1 -maxdepth \"$2\" -printf '%y %s %T@ %P\\0'",
            operand(path), Integer.toString(maxDepth));
    Result result = done("list directory", path, run);
    if (result.stdout().truncated()) {
      throw new SandboxException("Failed to list directory: " + path + ": it has too many entries");
    }
    List<FileEntry> entries = new ArrayList<>();
    for (String line : result.stdout().text().split("\0")) {
      if (!line.isEmpty()) {
        entries.add(entry(path, line.split(" ", 4)));
      }
    }
    return entries;
  }

  private static FileEntry entry(String directory, String[] parts) {
    String below = parts[3];
    String seconds = parts[2].substring(0, parts[2].indexOf('.'));
    String above = directory.replaceFirst("^(\\./+)+", "");
    String path =
        above.isEmpty() || above.equals(".")
            ? below
            : above.endsWith("/") ? above + below : above + "/" + below;
    boolean isDirectory = parts[0].equals("d");
    return new FileEntry(
        below.substring(below.lastIndexOf('/') + 1),
        isDirectory ? FileType.DIRECTORY : FileType.FILE,
        path,
        isDirectory ? 0 : Long.parseLong(parts[1]),
        Instant.ofEpochSecond(Long.parseLong(seconds)));
  }

  @Override
  public SandboxFiles delete(String path) {
    return delete(path, false);
  }

  @Override
  public SandboxFiles delete(String path, boolean recursive) {
    String script =
        recursive
            ? "test -e \"$1\" -o -h \"$1\" || { echo 'not found' >&2; exit 1; }; exec rm -rf \"$1\""
            : "if test -d \"$1\" -a ! -h \"$1\"; then exec rmdir \"$1\"; else exec rm \"$1\"; fi";
    done("delete", path, shell(script, operand(path)));
    return this;
  }

  @Override
  public Sandbox and() {
    return owner;
  }
}
