package org.ringfence.cli.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;

class StartJarTest {
  private static final String SERVICE = "META-INF/services/some.Service";
  private static final String TESTED = LambdaExpressions.class.getName();

  @TempDir private Path directory;
  private Path source;
  private Path target;

  @BeforeEach
  void makeJar() throws Exception {
    source = directory.resolve("source.jar");
    target = directory.resolve("target.jar");
    Path classes =
        Path.of(
            LambdaExpressions.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    String prefix = TESTED.replace('.', '/');
    try (JarOutputStream out =
        new JarOutputStream(Files.newOutputStream(source), manifest("Own"))) {
      Path folder = classes.resolve(prefix).getParent();
      try (var files = Files.newDirectoryStream(folder, "LambdaExpressions*.class")) {
        for (Path file : files) {
          out.putNextEntry(new JarEntry(classes.relativize(file).toString().replace('\\', '/')));
          Files.copy(file, out);
        }
      }
      put(out, "data", "42");
      put(out, SERVICE, "one");
    }
    StartJar.make(List.of(source), List.of(library()), target);
  }

  @Test
  void expressionsHaveTheResultsThatTheyHadAsLambdas() throws Exception {
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {target.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      Class<?> copied = loader.loadClass(TESTED);
      assertThat(copied).isNotEqualTo(LambdaExpressions.class);
      assertThat(((Callable<?>) copied.getConstructor().newInstance()).call())
          .isEqualTo(new LambdaExpressions().call());
    }
  }

  /** Returns a jar with the same service and the same resource as the tested one. */
  private Path library() throws Exception {
    Path library = directory.resolve("library.jar");
    try (JarOutputStream out =
        new JarOutputStream(Files.newOutputStream(library), manifest("Library"))) {
      put(out, "data", "43");
      put(out, SERVICE, "two");
    }
    return library;
  }

  private static Manifest manifest(String title) {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_TITLE, title);
    return manifest;
  }

  private static void put(JarOutputStream out, String name, String text) throws Exception {
    out.putNextEntry(new JarEntry(name));
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void theFirstJarCountsAndServicesAddUp() throws Exception {
    try (JarFile jar = new JarFile(target.toFile())) {
      assertThat(text(jar, "data")).isEqualTo("42");
      assertThat(text(jar, SERVICE).lines()).containsExactly("one", "two");
      assertThat(jar.getManifest().getMainAttributes().getValue("Implementation-Title"))
          .isEqualTo("Own");
    }
  }

  private static String text(JarFile jar, String name) throws Exception {
    try (InputStream in = jar.getInputStream(jar.getEntry(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void onlySerializableExpressionsAreLeftToBeLinkedAndNoRecord() throws Exception {
    assertThat(linked(source)).hasSizeGreaterThan(12).contains("bootstrap");
    assertThat(linked(target)).containsOnly("altMetafactory");
  }

  /** Returns the bootstrap methods that link lambda expressions and methods of records. */
  private static List<String> linked(Path file) throws Exception {
    List<String> found = new ArrayList<>();
    try (JarFile jar = new JarFile(file.toFile())) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        if (entry.getName().endsWith(".class")) {
          ClassNode node = new ClassNode();
          try (InputStream in = jar.getInputStream(entry)) {
            new ClassReader(in).accept(node, 0);
          }
          node.methods.forEach(
              method ->
                  method.instructions.forEach(
                      each -> {
                        if (each instanceof InvokeDynamicInsnNode site
                            && !site.bsm.getOwner().endsWith("/StringConcatFactory")) {
                          found.add(site.bsm.getName());
                        }
                      }));
        }
      }
    }
    return found;
  }
}
