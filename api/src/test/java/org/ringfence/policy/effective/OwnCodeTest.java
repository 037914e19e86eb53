package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.policy.Operation;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** The code of a program lies in its workspace; OwnFilesTest runs commands beside such code. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "own code is protected where paths are POSIX")
class OwnCodeTest {
  @TempDir private Path workspace;

  @BeforeEach
  void resolveLinks() throws IOException {
    workspace = workspace.toRealPath();
  }

  private Path jar(String name, String classPath) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    Path jar = workspace.resolve(name);
    Files.createDirectories(jar.getParent());
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return jar;
  }

  /** Returns whether a command may write a file while a thread has a class loader. */
  private boolean writable(ClassLoader loader, Path file) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(workspace))
          .evaluate(file.toString(), Operation.WRITE)
          .allowed();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void jarsAndDirectoriesOfAClassLoaderAndOfItsParentsAreProtected() throws Exception {
    Path plain = Files.write(workspace.resolve("plain jar.jar"), new byte[0]);
    Path jar = jar("lib/plugin.jar", "dependency.jar");
    Path dependency = jar("lib/dependency.jar", "");
    Path other = jar("lib/other.jar", "");
    Path classes = Files.createDirectory(workspace.resolve("classes"));
    try (URLClassLoader parent = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null);
        URLClassLoader child =
            new URLClassLoader(
                new URL[] {plain.toUri().toURL(), classes.toUri().toURL()}, parent)) {
      for (Path file : List.of(plain, jar, dependency, classes.resolve("A.class"))) {
        assertThat(writable(child, file)).as("%s", file).isFalse();
        assertThat(writable(null, file)).as("the control: %s", file).isTrue();
      }
      assertThat(writable(child, other)).isTrue();
    }
  }

  /** A loader that only knows where resources are, as that of a jar with jars inside does. */
  private static final class Nesting extends ClassLoader {
    private final List<String> manifests;

    Nesting(String... manifests) {
      super(null);
      this.manifests = List.of(manifests);
    }

    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
      if (!name.equals("META-INF/MANIFEST.MF")) {
        return Collections.emptyEnumeration();
      }
      URLStreamHandler none =
          new URLStreamHandler() {
            @Override
            protected URLConnection openConnection(URL url) throws IOException {
              throw new IOException("no connection is needed");
            }
          };
      List<URL> found = new java.util.ArrayList<>();
      for (String each : manifests) {
        found.add(new URL(null, each, none));
      }
      return Collections.enumeration(found);
    }
  }

  @Test
  void archivesOfALoaderWithoutAListAreProtected() throws Exception {
    Path whole = jar("whole app.jar", "");
    Path nested = jar("nested.jar", "");
    Path exploded = Files.createDirectories(workspace.resolve("exploded/META-INF"));
    String uri = URI.create(whole.toUri().toString()).toString();
    ClassLoader loader =
        new Nesting(
            "jar:" + uri + "!/BOOT-INF/lib/x.jar!/META-INF/MANIFEST.MF",
            "jar:nested:" + nested + "/!BOOT-INF/lib/x.jar!/META-INF/MANIFEST.MF",
            exploded.toUri() + "MANIFEST.MF",
            "http://example.org/x.jar",
            "jar:file://example.org/x.jar!/META-INF/MANIFEST.MF");
    for (Path file : List.of(whole, nested, exploded, exploded.resolveSibling("A.class"))) {
      assertThat(writable(loader, file)).as("%s", file).isFalse();
      assertThat(writable(null, file)).as("the control: %s", file).isTrue();
    }
  }

  /** Looks for the files while a loader lists a URL, and without it. */
  private void isProtected(String url, Path... files) throws IOException {
    try (URLClassLoader loader = new URLClassLoader(new URL[] {new URL(url)}, null)) {
      for (Path file : files) {
        assertThat(writable(loader, file)).as("%s: %s", url, file).isFalse();
        assertThat(writable(null, file)).as("the control: %s", file).isTrue();
      }
    }
  }

  @Test
  void linksOnTheWayStayAsTheyAre() throws Exception {
    Path jar = jar("store/v1/x.jar", "");
    Path link = Files.createSymbolicLink(workspace.resolve("current"), Path.of("store/v1"));
    Path way = Files.createSymbolicLink(workspace.resolve("way"), Path.of("current"));
    Path name = Files.createSymbolicLink(workspace.resolve("x.jar"), Path.of("way/x.jar"));
    isProtected(name.toUri().toString(), name, way, link, jar);
    isProtected(way.toUri() + "x.jar", way, link, jar);
    assertThat(writable(null, workspace.resolve("store/v1/x.jar"))).isTrue();
  }

  @Test
  void parentOfALinkIsThatOfItsTarget() throws Exception {
    Path jar = jar("store/x.jar", "");
    Files.createDirectories(workspace.resolve("store/v1"));
    Path link = Files.createSymbolicLink(workspace.resolve("link"), Path.of("store/v1"));
    isProtected("file:" + link + "/../x.jar", link, jar);
    // By its text it would be this one.
    Path other = jar("x.jar", "");
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {new URL("file:" + link + "/../x.jar")}, null)) {
      assertThat(writable(loader, other)).isTrue();
    }
  }

  @Test
  void archiveBehindALinkInsideADirectoryOfClassesIsProtected() throws Exception {
    Path classes = Files.createDirectory(workspace.resolve("classes"));
    Path jar = jar("elsewhere/x.jar", "");
    Files.createSymbolicLink(classes.resolve("lib"), Path.of("../elsewhere"));
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL(), new URL("file:" + classes + "/lib/x.jar")}, null)) {
      assertThat(writable(loader, jar)).isFalse();
      assertThat(writable(null, jar)).isTrue();
    }
  }

  @Test
  void namedArchivesThatAreMissingMustNotBeMade() throws Exception {
    Path bare = workspace.resolve("lib/bare.jar");
    Files.createDirectories(bare.getParent());
    new JarOutputStream(Files.newOutputStream(bare)).close();
    jar("lib/middle.jar", "deeper/last.jar file:other.jar http://example.org/x.jar sub%20dir/");
    Path first = jar("first.jar", "lib/bare.jar lib/none.jar lib/middle.jar ../out.jar");
    isProtected(
        first.toUri().toString(),
        bare,
        workspace.resolve("lib/none.jar"),
        workspace.resolve("lib/middle.jar"),
        workspace.resolve("lib/deeper/last.jar"),
        workspace.resolve("lib/other.jar"),
        workspace.resolve("lib/sub dir/A.class"));
  }

  @Test
  void namesOfALinkedArchiveAreThoseBesideTheLinkAndBesideItsTarget() throws Exception {
    jar("store/x.jar", "beside.jar");
    Path link = Files.createSymbolicLink(workspace.resolve("x.jar"), Path.of("store/x.jar"));
    isProtected(
        link.toUri().toString(),
        workspace.resolve("beside.jar"),
        workspace.resolve("store/beside.jar"));
  }

  @Test
  void urlsMeanTheFilesThatTheJdkOpens() throws Exception {
    Path plain = jar("a b+c.jar", "");
    String encoded = plain.toUri().getRawPath();
    isProtected("file://localhost" + encoded, plain);
    isProtected("file://LocalHost" + encoded, plain);
    isProtected("file:" + workspace + "/a%20b%2bc.jar", plain);
    isProtected("file:" + workspace + "/a b+c.jar", plain);
    isProtected("jar:file:" + encoded + "!/", plain);
    isProtected("file:" + encoded + "#fragment", plain);
    isProtected("file:" + workspace + "/x.jar?y", jar("x.jar?y", ""));
    isProtected("file:" + workspace + "/100%.jar", jar("100%.jar", ""));
    Path odd = jar("odd!/x.jar", "");
    isProtected("jar:file:" + odd + "!/", odd);
    Path relative = Path.of("").toAbsolutePath().relativize(plain);
    isProtected("file:" + relative.toString().replace(" ", "%20"), plain);
    try (URLClassLoader remote =
        new URLClassLoader(new URL[] {new URL("file://example.org" + encoded)}, null)) {
      assertThat(writable(remote, plain)).isTrue();
    }
  }
}
