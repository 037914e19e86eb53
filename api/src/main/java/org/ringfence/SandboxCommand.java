package org.ringfence;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.ringfence.environment.OuterEnvironment;
import org.ringfence.text.Printable;

/**
 * A command to start in a sandbox. Immutable: every method returns a changed copy. Modelled on
 * {@link ProcessBuilder}, and created from one by {@link #from(ProcessBuilder)}.
 */
public final class SandboxCommand {
  private static final int MOST_SHOWN = 200;

  private final List<String> command;
  private final Optional<Path> directory;
  private final Map<String, String> inherited;
  private final Map<String, String> variables;
  private final Redirect input;
  private final Redirect output;
  private final Redirect error;
  private final boolean mergeError;
  private final Optional<Duration> timeout;
  private final Optional<TerminalSize> terminal;
  private final long commandId;

  private SandboxCommand(
      List<String> command,
      Optional<Path> directory,
      Map<String, String> inherited,
      Map<String, String> variables,
      Redirect input,
      Redirect output,
      Redirect error,
      boolean mergeError,
      Optional<Duration> timeout,
      Optional<TerminalSize> terminal,
      long commandId) {
    this.command = command;
    this.directory = directory;
    this.inherited = inherited;
    this.variables = variables;
    this.input = input;
    this.output = output;
    this.error = error;
    this.mergeError = mergeError;
    this.timeout = timeout;
    this.terminal = terminal;
    this.commandId = commandId;
  }

  /**
   * Creates a command.
   *
   * @param command the program and its arguments
   * @return the command, with pipes for its streams and the sandbox's workspace as its directory
   * @throws IllegalArgumentException if it is empty, or an argument is null, has a NUL or has no
   *     form in UTF-8
   */
  public static SandboxCommand of(String... command) {
    return of(Arrays.asList(command));
  }

  /**
   * Creates a command.
   *
   * @param command the program and its arguments
   * @return the command
   * @throws IllegalArgumentException if it is empty, or an argument is null, has a NUL or has no
   *     form in UTF-8
   */
  public static SandboxCommand of(List<String> command) {
    return new SandboxCommand(
        checked(command),
        Optional.empty(),
        OuterEnvironment.current(),
        Map.of(),
        Redirect.PIPE,
        Redirect.PIPE,
        Redirect.PIPE,
        false,
        Optional.empty(),
        Optional.empty(),
        0);
  }

  /**
   * Creates the command that a {@link ProcessBuilder} would start. The policy decides which of the
   * builder's variables are inherited; variables that the caller set itself are kept.
   *
   * @param builder the builder; not changed
   * @return the command
   * @throws IllegalArgumentException if its command is empty, or an argument has a NUL
   */
  public static SandboxCommand from(ProcessBuilder builder) {
    Map<String, String> own = new TreeMap<>();
    Map<String, String> outer = System.getenv();
    builder
        .environment()
        .forEach(
            (name, value) -> {
              if (!value.equals(outer.get(name))) {
                own.put(name, value);
              }
            });
    return new SandboxCommand(
        checked(builder.command()),
        Optional.ofNullable(builder.directory()).map(File::toPath),
        Map.copyOf(builder.environment()),
        own,
        builder.redirectInput(),
        builder.redirectOutput(),
        builder.redirectError(),
        builder.redirectErrorStream(),
        Optional.empty(),
        Optional.empty(),
        0);
  }

  private static List<String> checked(List<String> command) {
    if (command.isEmpty()) {
      throw new IllegalArgumentException("command: it is empty; name a program");
    }
    for (int i = 0; i < command.size(); i++) {
      String argument = command.get(i);
      if (argument == null || argument.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "command: argument " + i + (argument == null ? " is null" : " has a NUL character"));
      }
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(argument)) {
        throw new IllegalArgumentException(
            "command: argument "
                + i
                + " has half of a surrogate pair; use text that UTF-8 can"
                + " express");
      }
    }
    if (command.get(0).isEmpty()) {
      throw new IllegalArgumentException("command: the program's name is empty");
    }
    return List.copyOf(command);
  }

  /**
   * Sets the working directory. It never widens the policy's grants.
   *
   * @param value the directory
   * @return the changed command
   */
  public SandboxCommand directory(Path value) {
    return copy(Optional.of(value), variables, input, output, error, mergeError, timeout);
  }

  /**
   * Sets a variable, in addition to those that the policy passes on.
   *
   * @param name the name
   * @param value the value
   * @return the changed command
   * @throws IllegalArgumentException if the name is empty or has {@code =}, or one has a NUL
   */
  public SandboxCommand environment(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0 || (name + value).indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "environment: the name '"
              + name.replaceAll("\\p{Cntrl}", "?")
              + "' or its value is not"
              + " valid; use a name without '=' and no NUL");
    }
    Map<String, String> changed = new TreeMap<>(variables);
    changed.put(name, value);
    return copy(directory, changed, input, output, error, mergeError, timeout);
  }

  /**
   * Sets the source of standard input.
   *
   * @param source the source
   * @return the changed command
   */
  public SandboxCommand redirectInput(Redirect source) {
    if (source.type() == Redirect.Type.WRITE || source.type() == Redirect.Type.APPEND) {
      throw new IllegalArgumentException("redirectInput: " + source + " cannot be read from");
    }
    return copy(directory, variables, source, output, error, mergeError, timeout);
  }

  /**
   * Sets the destination of standard output.
   *
   * @param destination the destination
   * @return the changed command
   */
  public SandboxCommand redirectOutput(Redirect destination) {
    return copy(directory, variables, input, writable(destination), error, mergeError, timeout);
  }

  /**
   * Sets the destination of standard error.
   *
   * @param destination the destination
   * @return the changed command
   */
  public SandboxCommand redirectError(Redirect destination) {
    return copy(directory, variables, input, output, writable(destination), mergeError, timeout);
  }

  private static Redirect writable(Redirect destination) {
    if (destination.type() == Redirect.Type.READ) {
      throw new IllegalArgumentException("redirect: " + destination + " cannot be written to");
    }
    return destination;
  }

  /**
   * Sets whether standard error is merged into standard output.
   *
   * @param value true to merge them
   * @return the changed command
   */
  public SandboxCommand redirectErrorStream(boolean value) {
    return copy(directory, variables, input, output, error, value, timeout);
  }

  /**
   * Uses the streams of this JVM.
   *
   * @return the changed command
   */
  public SandboxCommand inheritIO() {
    return copy(
        directory,
        variables,
        Redirect.INHERIT,
        Redirect.INHERIT,
        Redirect.INHERIT,
        mergeError,
        timeout);
  }

  /**
   * Bounds the wall time of this command; the shorter of this and the policy's applies.
   *
   * @param value the bound
   * @return the changed command
   */
  public SandboxCommand timeout(Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException("timeout: " + value + " is not valid; use more than 0");
    }
    return copy(directory, variables, input, output, error, mergeError, Optional.of(value));
  }

  private SandboxCommand copy(
      Optional<Path> newDirectory,
      Map<String, String> newVariables,
      Redirect newInput,
      Redirect newOutput,
      Redirect newError,
      boolean newMergeError,
      Optional<Duration> newTimeout) {
    return new SandboxCommand(
        command,
        newDirectory,
        inherited,
        Map.copyOf(newVariables),
        Objects.requireNonNull(newInput, "input"),
        Objects.requireNonNull(newOutput, "output"),
        Objects.requireNonNull(newError, "error"),
        newMergeError,
        newTimeout,
        terminal,
        commandId);
  }

  /**
   * Gives the command a pseudo-terminal in place of its three streams: {@link
   * Process#getInputStream()} has its output, and bytes written to {@link
   * Process#getOutputStream()} are typed. Read the output to its end or close it: the terminal
   * stays until then. Redirects have no effect.
   *
   * @param size the size of the terminal
   * @return the changed command
   */
  public SandboxCommand terminal(TerminalSize size) {
    return new SandboxCommand(
        command,
        directory,
        inherited,
        variables,
        input,
        output,
        error,
        mergeError,
        timeout,
        Optional.of(size),
        commandId);
  }

  /**
   * Sets the number in this command's events, instead of the sandbox's count: for programs that
   * start numbered commands for others. Either all commands of a sandbox have such a number, or
   * none.
   *
   * @param number above 0, and unique in its sandbox
   * @return the changed command
   * @throws IllegalArgumentException if it is not above 0
   */
  public SandboxCommand commandId(long number) {
    if (number <= 0) {
      throw new IllegalArgumentException("commandId: " + number + " is not valid; use 1 or more");
    }
    return new SandboxCommand(
        command,
        directory,
        inherited,
        variables,
        input,
        output,
        error,
        mergeError,
        timeout,
        terminal,
        number);
  }

  long commandId() {
    return commandId;
  }

  Optional<TerminalSize> terminal() {
    return terminal;
  }

  /**
   * Returns the program and its arguments.
   *
   * @return the command
   */
  public List<String> command() {
    return command;
  }

  Optional<Path> directory() {
    return directory;
  }

  Map<String, String> inherited() {
    return inherited;
  }

  Map<String, String> variables() {
    return variables;
  }

  Redirect input() {
    return input;
  }

  Redirect output() {
    return output;
  }

  Redirect error() {
    return error;
  }

  boolean mergeError() {
    return mergeError;
  }

  Optional<Duration> timeout() {
    return timeout;
  }

  /**
   * Returns the command, its arguments escaped and shortened. Variables are left out: they may be
   * secrets.
   *
   * @return one line
   */
  @Override
  public String toString() {
    String words = Printable.of(String.join(" ", command));
    return "SandboxCommand["
        + (words.length() > MOST_SHOWN ? words.substring(0, MOST_SHOWN) + "…" : words)
        + directory.map(path -> ", directory=" + Printable.of(path.toString())).orElse("")
        + timeout.map(time -> ", timeout=" + time).orElse("")
        + terminal.map(size -> ", terminal=" + size.columns() + "x" + size.rows()).orElse("")
        + "]";
  }
}
