package org.ringfence.macos.plan;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** An expression of Seatbelt's profile language, which is a dialect of Scheme. */
public sealed interface Sbpl {
  /**
   * A name: of an operation, a filter, a parameter's place.
   *
   * @param name letters, digits, hyphens, an asterisk at the end
   */
  record Symbol(String name) implements Sbpl {
    /** Checks the name. */
    public Symbol {
      if (!name.matches("[a-z0-9-]+[*]?")) {
        throw new IllegalArgumentException("'" + name + "' is no name");
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * A constant of the language.
   *
   * @param name capital letters and hyphens
   */
  record Constant(String name) implements Sbpl {
    /** Checks the name. */
    public Constant {
      if (!name.matches("[A-Z-]+")) {
        throw new IllegalArgumentException("'" + name + "' is no constant");
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * A string.
   *
   * @param text any text
   */
  record Text(String text) implements Sbpl {
    @Override
    public String toString() {
      return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
  }

  /**
   * A regular expression.
   *
   * @param regex the expression, without quotes, line breaks and non-ASCII characters
   */
  record Pattern(String regex) implements Sbpl {
    /** Checks the expression: nothing in it can end it. */
    public Pattern {
      if (!regex.matches("[\\x20\\x21\\x23-\\x7e]*")) {
        throw new IllegalArgumentException("'" + regex + "' cannot be written down");
      }
    }

    @Override
    public String toString() {
      return "#\"" + regex + "\"";
    }
  }

  /**
   * A list.
   *
   * @param parts its parts
   */
  record Form(List<Sbpl> parts) implements Sbpl {
    /** Copies the list. */
    public Form {
      parts = List.copyOf(parts);
    }

    @Override
    public String toString() {
      return parts.stream().map(Sbpl::toString).collect(Collectors.joining(" ", "(", ")"));
    }
  }

  /**
   * Returns a list that begins with a name.
   *
   * @param name the name
   * @param parts the rest of the list
   * @return the list
   */
  static Form form(String name, Sbpl... parts) {
    return form(name, Arrays.asList(parts));
  }

  /**
   * Returns a list that begins with a name.
   *
   * @param name the name
   * @param parts the rest of the list
   * @return the list
   */
  static Form form(String name, List<? extends Sbpl> parts) {
    List<Sbpl> all = new java.util.ArrayList<>();
    all.add(new Symbol(name));
    all.addAll(parts);
    return new Form(all);
  }

  /**
   * Returns a filter by a regular expression.
   *
   * @param regex the expression
   * @return the filter
   */
  static Form regex(String regex) {
    return form("regex", new Pattern(regex));
  }
}
