package org.ringfence.cli.start;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * A jar whose lambda expressions are classes, and whose records have their methods. A JVM links
 * each lambda expression when it first evaluates it, which takes 0.1 ms also with an archive of
 * classes; a run evaluates some 300. The first method of a record takes it 5 ms or more. Such a jar
 * behaves as the one that it was made of.
 */
public final class StartJar {
  private static final String CLASS = ".class";

  private static final String SERVICES = "META-INF/services/";
  private static final Set<String> LEFT_OUT =
      Set.of(JarFile.MANIFEST_NAME, "META-INF/INDEX.LIST", "module-info" + CLASS);

  private final Map<String, ClassNode> classes = new LinkedHashMap<>();
  private final Map<String, byte[]> others = new LinkedHashMap<>();
  private final Map<String, byte[]> made = new TreeMap<>();
  private final Manifest manifest = new Manifest();

  private StartJar() {}

  /**
   * Makes such a jar.
   *
   * @param own the jars to read whose lambda expressions become classes and whose records get
   *     methods; the manifest is that of the first
   * @param libraries the jars to read as they are
   * @param target the jar to write
   * @throws IOException if one cannot be read or written
   */
  public static void make(List<Path> own, List<Path> libraries, Path target) throws IOException {
    StartJar jar = new StartJar();
    for (Path source : own) {
      jar.read(source, true);
    }
    for (Path source : libraries) {
      jar.read(source, false);
    }
    List.copyOf(jar.classes.values()).forEach(jar::replace);
    jar.classes.values().forEach(RecordMethods::replace);
    jar.write(target);
  }

  private void read(Path source, boolean own) throws IOException {
    try (JarFile jar = new JarFile(source.toFile())) {
      if (manifest.getMainAttributes().isEmpty()) {
        manifest.getMainAttributes().putAll(jar.getManifest().getMainAttributes());
      }
      if (jar.isMultiRelease()) {
        manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
      }
      for (JarEntry entry : Collections.list(jar.entries())) {
        String name = entry.getName();
        if (entry.isDirectory() || LEFT_OUT.contains(name)) {
          continue;
        }
        byte[] bytes;
        try (InputStream in = jar.getInputStream(entry)) {
          bytes = in.readAllBytes();
        }
        if (own && isClass(name)) {
          ClassNode node = new ClassNode();
          new ClassReader(bytes).accept(node, 0);
          classes.putIfAbsent(node.name, node);
        } else if (name.startsWith(SERVICES)) {
          // Each jar names its own providers.
          others.merge(name, bytes, StartJar::lines);
        } else {
          // As on a class path, the first one counts.
          boolean isStructure = name.equals(StructureFields.NAME + CLASS);
          others.putIfAbsent(name, isStructure ? StructureFields.named(bytes) : bytes);
        }
      }
    }
  }

  private static byte[] lines(byte[] before, byte[] after) {
    byte[] all = Arrays.copyOf(before, before.length + 1 + after.length);
    all[before.length] = '\n';
    System.arraycopy(after, 0, all, before.length + 1, after.length);
    return all;
  }

  private static boolean isClass(String name) {
    return name.endsWith(CLASS) && !name.startsWith("META-INF/");
  }

  private void replace(ClassNode outer) {
    String host = Optional.ofNullable(outer.nestHostClass).orElse(outer.name);
    int count = 0;
    for (MethodNode method : outer.methods) {
      for (AbstractInsnNode each : method.instructions.toArray()) {
        if (!(each instanceof InvokeDynamicInsnNode site)) {
          continue;
        }
        String name = outer.name + "$Lambda$" + (count + 1);
        Optional<LambdaClass> lambda = LambdaClass.of(name, site);
        if (lambda.isEmpty()) {
          continue;
        }
        count++;
        made.put(name, lambda.get().bytes(outer, host));
        method.instructions.set(
            site,
            new MethodInsnNode(Opcodes.INVOKESTATIC, name, LambdaClass.FACTORY, site.desc, false));
        ClassNode nest = classes.get(host);
        if (nest.nestMembers == null) {
          nest.nestMembers = new ArrayList<>();
        }
        nest.nestMembers.add(name);
      }
    }
  }

  private void write(Path target) throws IOException {
    try (JarOutputStream out =
        new JarOutputStream(new BufferedOutputStream(Files.newOutputStream(target)), manifest)) {
      for (Map.Entry<String, byte[]> other : others.entrySet()) {
        put(out, other.getKey(), other.getValue());
      }
      for (ClassNode node : classes.values()) {
        // The new instruction leaves the stack as the old one did, so that all frames stay true.
        ClassWriter writer = new ClassWriter(0);
        node.accept(writer);
        put(out, node.name + CLASS, writer.toByteArray());
      }
      for (Map.Entry<String, byte[]> one : made.entrySet()) {
        put(out, one.getKey() + CLASS, one.getValue());
      }
    }
  }

  private static void put(JarOutputStream out, String name, byte[] bytes) throws IOException {
    out.putNextEntry(new JarEntry(name));
    out.write(bytes);
    out.closeEntry();
  }
}
