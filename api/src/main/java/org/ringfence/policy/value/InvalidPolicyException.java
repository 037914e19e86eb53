package org.ringfence.policy.value;

import java.util.List;
import org.ringfence.text.Printable;

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
  private final String[] mistakes;

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
    this("", field, value, nearest, cause);
  }

  private InvalidPolicyException(
      String place, String field, String value, String nearest, Throwable cause) {
    super(
        Printable.of(place + field + ": '" + shown(value) + "' is not valid; use " + nearest),
        cause);
    this.field = field;
    this.value = value;
    this.nearest = nearest;
    this.mistakes = new String[] {getMessage()};
  }

  private InvalidPolicyException(InvalidPolicyException first, String[] mistakes) {
    super(String.join("; ", mistakes), first);
    this.mistakes = mistakes;
    this.field = first.field;
    this.value = first.value;
    this.nearest = first.nearest;
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
                .flatMap(problem -> problem.mistakes().stream())
                .toArray(String[]::new));
  }

  /**
   * Returns the error with its place in a file.
   *
   * @param file the file
   * @param line the line, from 1
   * @return an exception whose message begins with the place
   */
  public InvalidPolicyException at(String file, int line) {
    return new InvalidPolicyException(file + ":" + line + ": ", field, value, nearest, this);
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
    return List.of(mistakes);
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
