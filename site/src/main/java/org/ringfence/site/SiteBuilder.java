package org.ringfence.site;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.ringfence.policy.json.Presets;

/**
 * Writes the site: a page for each page of Markdown, at the same place, and a reference of policies
 * from their schema. A link to another file of the project leads to a copy of the file.
 */
public final class SiteBuilder {
  private static final List<String> FOLDERS =
      List.of("docs", "docs/decisions", "adapters/*", "action");

  private final Path project;
  private final Path out;

  /**
   * Creates a builder.
   *
   * @param project the directory of the project
   * @param out where to write; made if it is missing
   */
  public SiteBuilder(Path project, Path out) {
    this.project = project.toAbsolutePath().normalize();
    this.out = out.toAbsolutePath().normalize();
  }

  /**
   * Writes the site.
   *
   * @param arguments the directory of the project, and where to write
   * @throws IOException if a file cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    new SiteBuilder(Path.of(arguments[0]), Path.of(arguments[1])).build();
  }

  /** Returns the pages of Markdown by where they lie in the project, with slashes. */
  Map<String, MarkdownPage> pages() throws IOException {
    List<Path> files = new ArrayList<>();
    addPages(project, files);
    for (String folder : FOLDERS) {
      Path parent = project.resolve(folder.replace("/*", ""));
      if (!folder.endsWith("/*")) {
        addPages(parent, files);
        continue;
      }
      try (Stream<Path> below = Files.list(parent)) {
        for (Path each : below.filter(Files::isDirectory).sorted().toList()) {
          addPages(each, files);
        }
      }
    }
    Map<String, MarkdownPage> pages = new LinkedHashMap<>();
    for (Path file : files) {
      String name =
          project.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
      pages.put(name, MarkdownPage.parse(name, Files.readString(file)));
    }
    return pages;
  }

  private static void addPages(Path folder, List<Path> files) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(file -> file.toString().endsWith(".md"))
          .sorted(Comparator.comparing(Path::toString))
          .forEach(files::add);
    }
  }

  /**
   * Writes all pages.
   *
   * @throws IOException if a file cannot be read or written
   */
  public void build() throws IOException {
    Map<String, MarkdownPage> pages = pages();
    for (MarkdownPage page : pages.values()) {
      for (String file : page.linkTo(pages.keySet(), project)) {
        Path copy = out.resolve(file);
        Files.createDirectories(copy.getParent());
        Files.write(copy, Files.readAllBytes(project.resolve(file)));
      }
      write(page.address(), page.title(), page.html());
    }
    write("docs/decisions/index.html", "Decisions", decisions(pages));
    write(
        "docs/policy-reference.html",
        "Policy reference",
        new PolicyReference(Presets.schema()).html());
    try (InputStream style = SiteBuilder.class.getResourceAsStream("site.css")) {
      Files.write(out.resolve("site.css"), style.readAllBytes());
    }
  }

  private void write(String address, String title, String content) throws IOException {
    Path file = out.resolve(address);
    Files.createDirectories(file.getParent());
    Files.writeString(file, PageFrame.around(address, title, content));
  }

  private static String decisions(Map<String, MarkdownPage> pages) {
    StringBuilder list = new StringBuilder("<h1>Decisions</h1>\n<ul>\n");
    pages.forEach(
        (name, page) -> {
          if (name.startsWith("docs/decisions/")) {
            String file = page.address().substring("docs/decisions/".length());
            list.append("<li><a href=\"").append(file).append("\">");
            list.append(PageFrame.escape(page.title())).append("</a></li>\n");
          }
        });
    return list.append("</ul>\n").toString();
  }
}
