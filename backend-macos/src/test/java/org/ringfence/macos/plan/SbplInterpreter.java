package org.ringfence.macos.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Evaluates a profile as Seatbelt does: comments, strings, expressions, parameters, filters,
 * wildcard operations, and the last matching rule. It refuses unknown words, so that the compiler
 * cannot emit them.
 */
final class SbplInterpreter {
  /** The operation names of the system's own profiles. */
  private static final Set<String> OPERATIONS =
      Set.of(
          "default",
          "file*",
          "file-ioctl",
          "file-map-executable",
          "file-read*",
          "file-read-data",
          "file-read-metadata",
          "file-read-xattr",
          "file-write*",
          "file-write-create",
          "file-write-data",
          "file-write-flags",
          "file-write-mode",
          "file-write-owner",
          "file-write-times",
          "file-write-unlink",
          "file-write-xattr",
          "iokit-open",
          "ipc-posix-sem",
          "ipc-posix-shm*",
          "ipc-posix-shm-read*",
          "ipc-posix-shm-read-data",
          "ipc-posix-shm-read-metadata",
          "ipc-posix-shm-write-create",
          "ipc-posix-shm-write-data",
          "ipc-posix-shm-write-unlink",
          "mach-lookup",
          "network-bind",
          "network-inbound",
          "network-outbound",
          "nvram*",
          "process-exec*",
          "process-fork",
          "process-info*",
          "pseudo-tty",
          "signal",
          "sysctl-read",
          "sysctl-write",
          "system-socket",
          "user-preference-read");

  private static final Set<String> FILTERS =
      Set.of(
          "literal",
          "subpath",
          "prefix",
          "regex",
          "require-all",
          "require-any",
          "require-not",
          "vnode-type",
          "extension",
          "preference-domain",
          "target",
          "global-name",
          "socket-domain",
          "socket-protocol",
          "sysctl-name",
          "sysctl-name-prefix",
          "ipc-posix-name",
          "ipc-posix-name-prefix",
          "iokit-user-client-class",
          "local",
          "remote",
          "with");

  private final List<List<Object>> rules = new ArrayList<>();
  private final Map<String, String> parameters;

  /** One access to decide. */
  record Question(String operation, String path, String type, String address, boolean remote) {
    static Question file(String operation, String path) {
      return new Question(operation, path, "REGULAR-FILE", "", false);
    }

    static Question directory(String operation, String path) {
      return new Question(operation, path, "DIRECTORY", "", false);
    }

    static Question service(String name) {
      return new Question("mach-lookup", "", "", name, false);
    }

    static Question driver(String name) {
      return new Question("iokit-open", "", "", name, false);
    }

    static Question network(String operation, String address) {
      return new Question(operation, "", "", address, operation.equals("network-outbound"));
    }
  }

  /** A symbol, as opposed to a string. */
  private record Symbol(String name) {}

  /** A regular expression, as opposed to a string. */
  private record Regex(Pattern pattern) {}

  SbplInterpreter(String text, Map<String, String> parameters) {
    this.parameters = parameters;
    Reader reader = new Reader(text);
    for (Object form = reader.next(); form != null; form = reader.next()) {
      List<Object> rule = list(form);
      String head = symbol(rule.get(0));
      if (head.equals("version")) {
        continue;
      }
      if (!head.equals("allow") && !head.equals("deny")) {
        throw new IllegalArgumentException("'" + head + "' is no action");
      }
      boolean ofFiles =
          rule.stream()
              .filter(Symbol.class::isInstance)
              .map(part -> ((Symbol) part).name())
              .skip(1)
              .allMatch(name -> name.startsWith("file-"));
      for (Object part : rule.subList(1, rule.size())) {
        if (!ofFiles && part.toString().contains("vnode-type")) {
          throw new IllegalArgumentException("vnode-type applies to operations on files alone");
        }
        if (part instanceof Symbol operation) {
          if (!OPERATIONS.contains(operation.name())) {
            throw new IllegalArgumentException("'" + operation.name() + "' is no operation");
          }
        } else {
          check(list(part));
        }
      }
      rules.add(rule);
    }
  }

  private void check(List<Object> filter) {
    String name = symbol(filter.get(0));
    if (!FILTERS.contains(name)) {
      throw new IllegalArgumentException("'" + name + "' is no filter");
    }
    if (name.startsWith("require-")) {
      filter.subList(1, filter.size()).forEach(each -> check(list(each)));
    } else if (Set.of("literal", "subpath", "prefix").contains(name)) {
      string(filter.get(1));
    }
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Object form) {
    if (form instanceof List<?> list) {
      return (List<Object>) list;
    }
    throw new IllegalArgumentException("'" + form + "' is no list");
  }

  private static String symbol(Object form) {
    if (form instanceof Symbol symbol) {
      return symbol.name();
    }
    throw new IllegalArgumentException("'" + form + "' is no name");
  }

  private String string(Object form) {
    if (form instanceof String text) {
      return text;
    }
    List<Object> param = list(form);
    if (!symbol(param.get(0)).equals("param") || !parameters.containsKey(param.get(1))) {
      throw new IllegalArgumentException("'" + form + "' is no string");
    }
    return parameters.get(param.get(1));
  }

  /**
   * Returns whether an operation includes another, as file-write* and file* include
   * file-write-data.
   */
  private static boolean covers(String operation, String asked) {
    return operation.equals(asked)
        || operation.endsWith("*")
            && asked.startsWith(operation.substring(0, operation.length() - 1));
  }

  boolean allows(Question question) {
    return allows(question, false);
  }

  /**
   * Decides as if an operation that any rule names were decided by such rules alone, and its
   * wildcards counted for none of it: one measurement on a Mac reads so.
   */
  boolean allowsExclusively(Question question) {
    boolean named =
        rules.stream()
            .flatMap(List::stream)
            .anyMatch(
                part -> part instanceof Symbol each && each.name().equals(question.operation()));
    return allows(question, named);
  }

  /** Apple's compiler gives these operations an allowance of their own before the default. */
  private static final Set<String> ALLOWED_BY_THEMSELVES =
      Set.of("process-info*", "nvram*", "iokit-get-properties", "system-privilege");

  private boolean allows(Question question, boolean exactly) {
    boolean byItself =
        ALLOWED_BY_THEMSELVES.stream().anyMatch(each -> covers(each, question.operation()));
    boolean allowed = byItself;
    for (List<Object> rule : rules) {
      boolean covered = false;
      List<List<Object>> filters = new ArrayList<>();
      for (Object part : rule.subList(1, rule.size())) {
        if (part instanceof Symbol operation) {
          covered |=
              operation.name().equals("default")
                  ? !byItself
                  : exactly
                      ? operation.name().equals(question.operation())
                      : covers(operation.name(), question.operation());
        } else if (!symbol(list(part).get(0)).equals("with")) {
          filters.add(list(part));
        }
      }
      // One of several filters must match.
      if (covered
          && (filters.isEmpty() || filters.stream().anyMatch(each -> matches(each, question)))) {
        allowed = symbol(rule.get(0)).equals("allow");
      }
    }
    return allowed;
  }

  private boolean matches(List<Object> filter, Question question) {
    List<Object> rest = filter.subList(1, filter.size());
    return switch (symbol(filter.get(0))) {
      case "require-all" -> rest.stream().allMatch(each -> matches(list(each), question));
      case "require-any" -> rest.stream().anyMatch(each -> matches(list(each), question));
      case "require-not" -> rest.stream().noneMatch(each -> matches(list(each), question));
      case "literal" -> question.path().equals(string(rest.get(0)));
      case "prefix" -> question.path().startsWith(string(rest.get(0)));
      case "subpath" -> {
        String root = string(rest.get(0));
        yield question.path().startsWith("/")
            && (root.equals("/")
                || question.path().equals(root)
                || question.path().startsWith(root + "/"));
      }
      case "regex" ->
          rest.stream().anyMatch(each -> ((Regex) each).pattern().matcher(question.path()).find());
      case "vnode-type" -> question.type().equals(symbol(rest.get(0)));
      case "global-name", "iokit-user-client-class" ->
          rest.stream().anyMatch(each -> question.address().equals(string(each)));
      case "local", "remote" ->
          !question.address().isEmpty()
              && connects(symbol(filter.get(0)), question.operation())
              && question.remote() == symbol(filter.get(0)).equals("remote")
              && address(string(rest.get(1)), question.address());
      // No question has the subject of the other filters.
      default -> false;
    };
  }

  /** A local address on a connection was measured to match every connection. */
  private static boolean connects(String end, String operation) {
    if (end.equals("local") && operation.equals("network-outbound")) {
      throw new IllegalArgumentException("(local …) on network-outbound opens every host");
    }
    return true;
  }

  /** The addresses that {@code localhost} was measured to match; ::ffff:127.0.0.1 is none. */
  private static final Set<String> LOCALHOST = Set.of("localhost", "127.0.0.1", "::1");

  private static boolean address(String pattern, String address) {
    String host = pattern.substring(0, pattern.lastIndexOf(':'));
    String port = pattern.substring(pattern.lastIndexOf(':') + 1);
    if (!host.equals("*") && !host.equals("localhost")) {
      throw new IllegalArgumentException("'" + host + "' does not compile: * or localhost");
    }
    int colon = address.lastIndexOf(':');
    return (host.equals("*") || LOCALHOST.contains(address.substring(0, colon)))
        && (port.equals("*") || address.substring(colon + 1).equals(port));
  }

  /** Parses expressions. */
  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    private void skip() {
      while (at < text.length()) {
        char c = text.charAt(at);
        if (c == ';') {
          while (at < text.length() && text.charAt(at) != '\n') {
            at++;
          }
        } else if (Character.isWhitespace(c)) {
          at++;
        } else {
          return;
        }
      }
    }

    Object next() {
      skip();
      if (at == text.length()) {
        return null;
      }
      char c = text.charAt(at);
      if (c == '(') {
        at++;
        List<Object> list = new ArrayList<>();
        skip();
        while (text.charAt(at) != ')') {
          list.add(next());
          skip();
        }
        at++;
        return list;
      }
      if (c == '"') {
        return quoted();
      }
      if (c == '#' && text.charAt(at + 1) == '"') {
        int end = text.indexOf('"', at + 2);
        String regex = text.substring(at + 2, end);
        at = end + 1;
        return new Regex(Pattern.compile(regex));
      }
      int start = at;
      while ("() \n\t".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      if (start == at) {
        throw new IllegalArgumentException("nothing begins with '" + c + "'");
      }
      return new Symbol(text.substring(start, at));
    }

    private String quoted() {
      StringBuilder string = new StringBuilder();
      at++;
      while (text.charAt(at) != '"') {
        if (text.charAt(at) == '\\') {
          at++;
        }
        string.append(text.charAt(at));
        at++;
      }
      at++;
      return string.toString();
    }
  }
}
