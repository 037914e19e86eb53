package org.ringfence.policy.json;

import java.util.Locale;

/** Spells constants for JSON: lower case, with hyphens. */
final class Words {
  private Words() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
