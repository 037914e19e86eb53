package org.ringfence.policy.value;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.ringfence.text.Printable;
import org.ringfence.text.message.NearestWord;

/**
 * A policy is malformed. The message is one line naming the place, the field, the value and the
 * nearest valid form.
 */
public class InvalidPolicyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 120;

  private final String field;
  private final String value;
  private final String nearest;
  private final String meant;
  private final String file;
  private final int line;
  private final InvalidPolicyException[] problems;

  /**
   * Creates the exception.
   *
   * @param field the field, dotted
   * @param value the value as given
   * @param nearest the nearest valid form, in words or as an example
   */
  public InvalidPolicyException(String field, String value, String nearest) {
    this(field, value, nearest, null);
  }

  /**
   * Creates the exception with a cause.
   *
   * @param field the field, dotted
   * @param value the value as given
   * @param nearest the nearest valid form, in words or as an example
   * @param cause the underlying exception, or null
   */
  public InvalidPolicyException(String field, String value, String nearest, Throwable cause) {
    this("", 0, field, value, nearest, "", cause);
  }

  private InvalidPolicyException(
      String file,
      int line,
      String field,
      String value,
      String nearest,
      String meant,
      Throwable cause) {
    super(
        Printable.of(
            (line == 0 ? "" : file + ":" + line + ": ")
                + field
                + ": '"
                + shown(value)
                + "' is not valid; use "
                + nearest),
        cause);
    this.field = field;
    this.value = value;
    this.nearest = nearest;
    this.meant = meant;
    this.file = file;
    this.line = line;
    this.problems = new InvalidPolicyException[0];
  }

  private InvalidPolicyException(InvalidPolicyException first, InvalidPolicyException[] problems) {
    super(String.join("; ", Stream.of(problems).map(Throwable::getMessage).toList()), first);
    this.field = first.field;
    this.value = first.value;
    this.nearest = first.nearest;
    this.meant = first.meant;
    this.file = first.file;
    this.line = first.line;
    this.problems = problems;
  }

  /**
   * Creates the exception for a word that is not one of the known words.
   *
   * @param field the field, dotted
   * @param value the value as given, or what it is
   * @param word the unknown word
   * @param known the known words
   * @return an exception that names the nearest known word
   */
  public static InvalidPolicyException unknown(
      String field, String value, String word, Collection<String> known) {
    return new InvalidPolicyException(
        "",
        0,
        field,
        value,
        NearestWord.suggestion(word, known),
        NearestWord.of(word, known).orElse(""),
        null);
  }

  /**
   * Combines several errors into one.
   *
   * @param problems the errors, at least one
   * @return a single error itself; else an exception that names all in its message and has the
   *     field and value of the first
   */
  public static InvalidPolicyException all(List<InvalidPolicyException> problems) {
    return problems.size() == 1
        ? problems.get(0)
        : new InvalidPolicyException(
            problems.get(0),
            problems.stream()
                .flatMap(problem -> problem.problems().stream())
                .toArray(InvalidPolicyException[]::new));
  }

  /**
   * Returns the error with its place in a file.
   *
   * @param name the file
   * @param number the line, from 1
   * @return an exception whose message begins with the place
   */
  public InvalidPolicyException at(String name, int number) {
    return new InvalidPolicyException(name, number, field, value, nearest, meant, this);
  }

  /**
   * Returns the error of another field with the same value.
   *
   * @param other the field, dotted
   * @return an exception that names that field
   */
  public InvalidPolicyException ofField(String other) {
    return new InvalidPolicyException(file, line, other, value, nearest, meant, this);
  }

  private static String shown(String value) {
    String printable = Printable.of(value);
    return printable.length() <= SHOWN ? printable : printable.substring(0, SHOWN) + "…";
  }

  /**
   * Returns each mistake separately.
   *
   * @return the messages, one for each mistake
   */
  public List<String> mistakes() {
    return problems().stream().map(Throwable::getMessage).toList();
  }

  /**
   * Returns an exception for each mistake.
   *
   * @return the exceptions; this one alone where it is about a single mistake
   */
  public List<InvalidPolicyException> problems() {
    return problems.length == 0 ? List.of(this) : List.of(problems);
  }

  /**
   * Returns the file with the mistake.
   *
   * @return its name; empty where the mistake has no known place
   */
  public Optional<String> file() {
    return line == 0 ? Optional.empty() : Optional.of(file);
  }

  /**
   * Returns the line of the mistake.
   *
   * @return the line, from 1; 0 where the mistake has no known place
   */
  public int line() {
    return line;
  }

  /**
   * Returns the known word that the value is most likely meant to be.
   *
   * @return the word; empty where none is near, and where the value is no word of a list
   */
  public Optional<String> meant() {
    return meant.isEmpty() ? Optional.empty() : Optional.of(meant);
  }

  /**
   * Returns the field that is wrong.
   *
   * @return its dotted name
   */
  public String field() {
    return field;
  }

  /**
   * Returns the value as given.
   *
   * @return the value
   */
  public String value() {
    return value;
  }

  /**
   * Returns the nearest valid form.
   *
   * @return words or an example
   */
  public String nearest() {
    return nearest;
  }
}
