package org.ringfence.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.json.Presets;

class SiteBuilderTest {
  private static final Pattern LINK = Pattern.compile("href=\"([^\"]*)\"");
  private static final Pattern ANCHOR = Pattern.compile("id=\"([^\"]*)\"");

  @TempDir private Path out;

  private Map<Path, String> site() throws IOException {
    new SiteBuilder(Path.of(".."), out).build();
    Map<Path, String> pages = new HashMap<>();
    try (Stream<Path> files = Files.walk(out)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".html")).toList()) {
        pages.put(file, Files.readString(file));
      }
    }
    return pages;
  }

  private static List<String> all(Pattern pattern, String page) {
    return pattern.matcher(page).results().map((MatchResult each) -> each.group(1)).toList();
  }

  @Test
  void eachLinkLeadsToAPageAndItsAnchor() throws IOException {
    Map<Path, String> pages = site();
    assertThat(pages).hasSizeGreaterThan(40).containsKey(out.resolve("index.html"));
    List<String> broken = new ArrayList<>();
    pages.forEach(
        (page, html) -> {
          for (String link : all(LINK, html)) {
            if (link.contains("://")) {
              continue;
            }
            String[] parts = link.split("#", 2);
            Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
            // distribution/site adds the Javadoc.
            if (target.equals(out.resolve("api").resolve("index.html"))) {
              continue;
            }
            boolean anchor =
                parts.length == 1 || all(ANCHOR, pages.getOrDefault(target, "")).contains(parts[1]);
            if (!Files.isRegularFile(target) || !anchor) {
              broken.add(out.relativize(page) + " -> " + link);
            }
          }
        });
    assertThat(broken).isEmpty();
  }

  @Test
  void eachPageHasATitleAndNoMarkdownIsLeft() throws IOException {
    site()
        .forEach(
            (page, html) -> {
              assertThat(html).as("%s", page).containsPattern("<title>[^<]{3,}</title>");
              assertThat(html).as("%s", page).contains("<h1").doesNotContain("<p>|", ".md\"");
            });
  }

  @Test
  void textOfAPageIsEscaped() {
    MarkdownPage page = MarkdownPage.parse("x.md", "# A <b>\n\n<script>1</script> `<i>`\n");
    assertThat(page.html()).doesNotContain("<script>", "<b>", "<i>").contains("&lt;script&gt;");
    assertThat(PageFrame.around("x.html", "<script>", "")).doesNotContain("<script>");
  }

  @Test
  void referenceHasEachFieldOfTheSchema() throws IOException {
    String reference = site().get(out.resolve("docs/policy-reference.html"));
    assertThat(reference)
        .contains("<code>protectedNames</code>", "<h2 id=\"network\">", "<code>denyGlobs</code>")
        .contains("Names that are denied wherever they lie");
    assertThat(Presets.schema()).contains("\"denyGlobs\"");
  }
}
