package org.ringfence.git;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The settings of one git configuration file, read byte by byte as git reads it (git-config(1),
 * CONFIGURATION FILE). Includes are not followed. Immutable.
 *
 * @param settings the settings in the order of the file; those before the fault if there is one
 * @param faultLine the line at which git refuses the file, counted from 1; empty if git reads it
 *     all
 */
public record GitConfig(List<GitSetting> settings, Optional<Integer> faultLine) {
  /** Copies the settings. */
  public GitConfig {
    settings = List.copyOf(settings);
  }

  /**
   * Reads a file's content. Never fails: stops at a fault, as git does.
   *
   * @param content the bytes
   * @return the settings
   */
  public static GitConfig parse(byte[] content) {
    Reader reader = new Reader(content);
    boolean whole = reader.read();
    return new GitConfig(
        reader.settings, whole ? Optional.empty() : Optional.of(Math.max(1, reader.line)));
  }

  /** The state machine: one look-ahead character, as in git. */
  private static final class Reader {
    private static final int NEWLINE = '\n';
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private final byte[] content;
    private final List<GitSetting> settings = new ArrayList<>();
    private int at;
    private int line = 1;
    private boolean ended;

    private Reader(byte[] content) {
      this.content = content;
    }

    /** Returns the next character: CR LF is one newline, and so is the end of the file. */
    private int next() {
      if (at >= content.length) {
        ended = true;
        line++;
        return NEWLINE;
      }
      int c = content[at++] & 0xff;
      if (c == '\r' && at < content.length && content[at] == NEWLINE) {
        at++;
        c = NEWLINE;
      }
      if (c == NEWLINE) {
        line++;
      }
      return c;
    }

    private static boolean isSpace(int c) {
      return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }

    private static boolean isLetter(int c) {
      return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    private static boolean isKeyCharacter(int c) {
      return isLetter(c) || c >= '0' && c <= '9' || c == '-';
    }

    private static char lower(int c) {
      return (char) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }

    /** Reads the file; returns false if git refuses it. */
    private boolean read() {
      if (!skipByteOrderMark()) {
        return false;
      }
      StringBuilder stem = new StringBuilder();
      boolean comment = false;
      while (true) {
        int c = next();
        if (c == NEWLINE) {
          if (ended) {
            return true;
          }
          comment = false;
        } else if (comment || isSpace(c)) {
          continue;
        } else if (c == '#' || c == ';') {
          comment = true;
        } else if (c == '[') {
          stem.setLength(0);
          if (!readSection(stem) || stem.isEmpty()) {
            return false;
          }
          stem.append('.');
        } else if (!isLetter(c) || !readSetting(stem, c)) {
          return false;
        }
      }
    }

    /** Skips a whole mark; a part of one is a fault. */
    private boolean skipByteOrderMark() {
      int found = 0;
      while (found < BYTE_ORDER_MARK.length
          && found < content.length
          && content[found] == BYTE_ORDER_MARK[found]) {
        found++;
      }
      at = found;
      return found == 0 || found == BYTE_ORDER_MARK.length;
    }

    private boolean readSection(StringBuilder stem) {
      while (true) {
        int c = next();
        if (ended) {
          return false;
        }
        if (c == ']') {
          return true;
        }
        if (isSpace(c)) {
          return readSubsection(stem, c);
        }
        if (!isKeyCharacter(c) && c != '.') {
          return false;
        }
        stem.append(lower(c));
      }
    }

    private boolean readSubsection(StringBuilder stem, int space) {
      int c = space;
      do {
        if (c == NEWLINE) {
          return false;
        }
        c = next();
      } while (isSpace(c));
      if (c != '"') {
        return false;
      }
      stem.append('.');
      while (true) {
        c = next();
        if (c == NEWLINE) {
          return false;
        }
        if (c == '"') {
          return next() == ']';
        }
        if (c == '\\') {
          c = next();
          if (c == NEWLINE) {
            return false;
          }
        }
        stem.append((char) c);
      }
    }

    private boolean readSetting(StringBuilder stem, int first) {
      StringBuilder name = new StringBuilder(stem).append(lower(first));
      int c;
      while (true) {
        c = next();
        if (ended || !isKeyCharacter(c)) {
          break;
        }
        name.append(lower(c));
      }
      while (c == ' ' || c == '\t') {
        c = next();
      }
      if (c == NEWLINE) {
        settings.add(new GitSetting(cut(name), Optional.empty(), Optional.empty()));
        return true;
      }
      return c == '=' && readValue(cut(name));
    }

    private boolean readValue(String name) {
      StringBuilder value = new StringBuilder();
      StringBuilder kept = new StringBuilder();
      // Space between words counts once a word follows.
      StringBuilder space = new StringBuilder();
      boolean quoted = false;
      boolean comment = false;
      while (true) {
        int c = next();
        if (c == NEWLINE) {
          if (quoted) {
            return false;
          }
          settings.add(new GitSetting(name, Optional.of(cut(value)), Optional.of(cut(kept))));
          return true;
        }
        if (comment) {
          continue;
        }
        if (isSpace(c) && !quoted) {
          if (value.length() > 0) {
            space.append((char) c);
          }
          continue;
        }
        if (!quoted && (c == ';' || c == '#')) {
          comment = true;
          continue;
        }
        value.append(" ".repeat(space.length()));
        kept.append(space);
        space.setLength(0);
        if (c == '\\') {
          c = next();
          int escaped = escaped(c);
          if (escaped < 0) {
            return false;
          }
          if (c == NEWLINE) {
            continue;
          }
          c = escaped;
        } else if (c == '"') {
          quoted = !quoted;
          continue;
        }
        value.append((char) c);
        kept.append((char) c);
      }
    }

    private static int escaped(int c) {
      return switch (c) {
        case NEWLINE, '\\', '"' -> c;
        case 't' -> '\t';
        case 'b' -> '\b';
        case 'n' -> '\n';
        default -> -1;
      };
    }

    /** Cuts at a NUL: names and values are strings of C. */
    private static String cut(StringBuilder text) {
      int nul = text.indexOf("\0");
      return nul < 0 ? text.toString() : text.substring(0, nul);
    }
  }

  /**
   * Reads text, for tests and messages.
   *
   * @param content the text, one character a byte
   * @return the settings
   */
  public static GitConfig parse(String content) {
    return parse(content.getBytes(StandardCharsets.ISO_8859_1));
  }
}
