package org.ringfence.site;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/** A page of Markdown. Not thread-safe. */
final class MarkdownPage {
  private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());

  private final String name;
  private final Node document;

  private MarkdownPage(String name, Node document) {
    this.name = name;
    this.document = document;
  }

  static MarkdownPage parse(String name, String text) {
    return new MarkdownPage(name, Parser.builder().extensions(EXTENSIONS).build().parse(text));
  }

  /** Returns where a page lies in the site: its place in the project, with another ending. */
  static String address(String name) {
    return name.replaceAll("README\\.md$", "index.html").replaceAll("\\.md$", ".html");
  }

  String address() {
    return address(name);
  }

  String title() {
    return document.getFirstChild() instanceof Heading heading ? text(heading) : name;
  }

  private static String text(Heading heading) {
    StringBuilder text = new StringBuilder();
    heading.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Text part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(Code part) {
            text.append(part.getLiteral());
          }
        });
    return text.toString();
  }

  /** Returns the anchor that links of the pages name, as the usual viewers of Markdown make it. */
  private static String anchor(Heading heading) {
    return text(heading)
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N} _-]", "")
        .replace(' ', '-');
  }

  /**
   * Makes links to pages lead to their addresses, and takes away links to directories without a
   * page.
   *
   * @param pages the places of all pages in the project
   * @param project the directory of the project
   * @return the other files that the page links to
   */
  Set<String> linkTo(Set<String> pages, Path project) {
    List<Link> links = new ArrayList<>();
    document.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Link link) {
            links.add(link);
          }
        });
    Set<String> files = new LinkedHashSet<>();
    for (Link link : links) {
      String[] parts = link.getDestination().split("#", 2);
      if (parts[0].isEmpty() || parts[0].contains("://")) {
        continue;
      }
      String target = target(parts[0]);
      if (pages.contains(target) || target.equals("docs/decisions")) {
        String page =
            target.endsWith(".md") ? address(parts[0]) : parts[0].replaceAll("/?$", "/index.html");
        link.setDestination(parts.length == 1 ? page : page + "#" + parts[1]);
      } else if (Files.isRegularFile(project.resolve(target))) {
        files.add(target);
      } else {
        for (Node child = link.getFirstChild(); child != null; child = link.getFirstChild()) {
          link.insertBefore(child);
        }
        link.unlink();
      }
    }
    return files;
  }

  /** Returns the place in the project that a relative link of this page leads to. */
  private String target(String link) {
    Path folder = Path.of("/").resolve(name).getParent();
    return folder.resolve(link).normalize().toString().substring(1);
  }

  String html() {
    return HtmlRenderer.builder()
        .extensions(EXTENSIONS)
        .escapeHtml(true)
        .sanitizeUrls(true)
        .attributeProviderFactory(
            context ->
                (node, tag, attributes) -> {
                  if (node instanceof Heading heading) {
                    attributes.put("id", anchor(heading));
                  }
                })
        .build()
        .render(document);
  }
}
