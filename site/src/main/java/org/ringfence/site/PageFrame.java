package org.ringfence.site;

/** What is around the content of each page. */
final class PageFrame {
  private static final String[][] GUIDE = {
    {"index.html", "Ringfence"},
    {"docs/getting-started.html", "Getting started"},
    {"docs/cookbook.html", "Cookbook"},
    {"docs/policy.html", "Policies"},
    {"docs/policy-reference.html", "Policy reference"},
    {"docs/command-line.html", "Command line"},
    {"docs/java.html", "Java"},
    {"docs/adapters.html", "Adapters"},
    {"docs/threat-model.html", "Threat model"},
    {"docs/index.html", "All pages"},
    {"api/index.html", "API"}
  };

  private PageFrame() {}

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /**
   * Returns a whole page.
   *
   * @param address where it lies in the site
   * @param title its title
   * @param content the HTML of its content
   */
  static String around(String address, String title, String content) {
    String root = "../".repeat((int) address.chars().filter(each -> each == '/').count());
    StringBuilder guide = new StringBuilder();
    for (String[] entry : GUIDE) {
      guide.append("<a href=\"").append(root).append(entry[0]).append('"');
      guide.append(entry[0].equals(address) ? " aria-current=\"page\">" : ">");
      guide.append(entry[1]).append("</a>\n");
    }
    String whole = title.equals("Ringfence") ? title : title + " – Ringfence";
    return """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>%s</title>
    <link rel="stylesheet" href="%ssite.css">
    </head>
    <body>
    <nav>
    %s</nav>
    <main>
    %s</main>
    </body>
    </html>
    """
        .formatted(escape(whole), root, guide, content);
  }
}
