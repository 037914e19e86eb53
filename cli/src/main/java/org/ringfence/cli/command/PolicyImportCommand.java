package org.ringfence.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.ringfence.cli.imports.ImportFormat;
import org.ringfence.cli.imports.ImportedPolicy;
import org.ringfence.cli.imports.Unsaid;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.text.Printable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Prints another sandbox's settings as a policy. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints the settings of another sandbox as a policy. Names each part that a policy cannot"
          + " say; where the policy would grant more than the settings, it prints none."
    })
final class PolicyImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "FORMAT",
      converter = OfFormats.class,
      completionCandidates = OfFormats.class,
      description = "The settings: srt, claude, codex or bwrap.")
  private ImportFormat format;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "FILE",
      description = "The file, or - for standard input; for bwrap also its command line, after --.")
  private List<String> words;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description = "A profile of permissions in a Codex configuration.")
  private String profile;

  @Option(
      names = "--partial",
      description = "Print the policy even where it grants more than the settings.")
  private boolean partial;

  /** The words of the formats. */
  static final class OfFormats implements ITypeConverter<ImportFormat>, Iterable<String> {
    @Override
    public ImportFormat convert(String word) {
      try {
        return ImportFormat.named(word);
      } catch (InvalidPolicyException e) {
        throw new TypeConversionException("'" + word + "' is not valid; use " + e.nearest());
      }
    }

    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(ImportFormat.values()).map(ImportFormat::toString).iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    if (profile != null && format != ImportFormat.CODEX) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--profile: only codex has profiles");
    }
    ImportedPolicy imported = read();
    PrintWriter err = spec.commandLine().getErr();
    for (Unsaid each : imported.unsaid()) {
      err.println("ringfence: " + Printable.of(each.text()));
    }
    if (imported.mayBeWeaker() && !partial) {
      err.println(
          "ringfence: no policy is printed, since it would grant more than the settings; --partial"
              + " prints it");
      err.flush();
      return ExitCode.NO;
    }
    err.flush();
    PrintWriter out = spec.commandLine().getOut();
    out.print(PolicyWriter.write(imported.policy(), "Imported from " + format + "."));
    out.flush();
    return ExitCode.OK;
  }

  private ImportedPolicy read() throws IOException {
    PathContext places = PathContext.current();
    if (words.size() > 1
        || format == ImportFormat.BWRAP && words.get(0).matches("--.*|(.*/)?bwrap")) {
      if (format != ImportFormat.BWRAP) {
        throw new CommandLine.ParameterException(
            spec.commandLine(), "FILE: '" + words.get(1) + "' is one too many; use one file");
      }
      return ImportFormat.ofWords(words, places);
    }
    String file = words.get(0);
    return format.read(text(file), Optional.ofNullable(profile), places);
  }

  private static String text(String file) throws IOException {
    if (file.equals("-")) {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw FileFailure.of("cannot read the settings", file, e);
    }
  }
}
