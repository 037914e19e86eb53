package org.ringfence.policy.effective;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.policy.path.Homes;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.ListedName;
import org.ringfence.policy.value.NameList;

/**
 * PathContext in home directories that hold keys, passwords, tokens, cookies or input history: each
 * with a source. Immutable.
 */
public final class SecretPlaces {
  private static final NameList PLACES = NameList.read("secret-places.txt", "");

  private final PathStyle style;
  private final List<List<String>> homes;

  private SecretPlaces(PathStyle style, List<List<String>> homes) {
    this.style = style;
    this.homes = List.copyOf(homes);
  }

  /**
   * Returns the places in all homes of a machine.
   *
   * @param places the machine
   * @return the places
   */
  public static SecretPlaces of(PathContext places) {
    return new SecretPlaces(
        places.style(), Homes.of(places).stream().map(places.style()::components).toList());
  }

  /**
   * Returns the list.
   *
   * @return the places, as paths below a home
   */
  public static List<ListedName> names() {
    return PLACES.names();
  }

  /**
   * Finds the place at or above a path.
   *
   * @param path an absolute path without links
   * @return the place, or null
   */
  public ListedName over(String path) {
    List<String> components = style.components(path);
    for (List<String> home : homes) {
      if (components.size() > home.size() && style.startsWith(components, home)) {
        ListedName name = PLACES.over(components, home.size(), 0);
        if (name != null) {
          return name;
        }
      }
    }
    return null;
  }

  /**
   * Returns the places at or below a path, whether or not they exist.
   *
   * @param path an absolute path without links
   * @return their absolute paths
   */
  public List<String> below(String path) {
    List<String> components = style.components(path);
    List<String> below = new ArrayList<>();
    for (List<String> home : homes) {
      for (ListedName name : PLACES.names()) {
        List<String> place = new ArrayList<>(home);
        place.addAll(List.of(name.text().split("/")));
        if (!name.text().contains("*") && style.startsWith(place, components)) {
          below.add(style.join(place));
        }
      }
    }
    return below;
  }
}
