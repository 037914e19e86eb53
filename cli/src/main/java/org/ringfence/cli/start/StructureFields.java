package org.ringfence.cli.start;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.GeneratorAdapter;
import org.objectweb.asm.commons.Method;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;

/**
 * Gives the structure that JNA reads at its start a method with the order of its fields, in the
 * place of the annotation: a JVM makes and loads two classes to read one annotation.
 */
final class StructureFields {
  /** The structure that describes a type to libffi. */
  static final String NAME = "com/sun/jna/Structure$FFIType";

  private static final String ANNOTATION = "Lcom/sun/jna/Structure$FieldOrder;";
  private static final Method ORDER = Method.getMethod("java.util.List getFieldOrder ()");

  private StructureFields() {}

  /**
   * Returns the class with the method.
   *
   * @param bytes the class file
   * @return the same if it has such a method, or no annotation
   */
  static byte[] named(byte[] bytes) {
    ClassNode node = new ClassNode();
    new ClassReader(bytes).accept(node, 0);
    Optional<List<?>> names = names(node);
    if (names.isEmpty()
        || node.methods.stream().anyMatch(method -> method.name.equals(ORDER.getName()))) {
      return bytes;
    }
    GeneratorAdapter code =
        new GeneratorAdapter(
            Opcodes.ACC_PROTECTED,
            ORDER,
            node.visitMethod(
                Opcodes.ACC_PROTECTED, ORDER.getName(), ORDER.getDescriptor(), null, null));
    code.push(names.get().size());
    code.newArray(Type.getType(String.class));
    int index = 0;
    for (Object name : names.get()) {
      code.dup();
      code.push(index++);
      code.push((String) name);
      code.arrayStore(Type.getType(String.class));
    }
    code.invokeStatic(
        Type.getType(Arrays.class), Method.getMethod("java.util.List asList (Object[])"));
    code.returnValue();
    // The array twice, an index and a name.
    code.visitMaxs(4, 1);
    code.visitEnd();
    ClassWriter writer = new ClassWriter(0);
    node.accept(writer);
    return writer.toByteArray();
  }

  private static Optional<List<?>> names(ClassNode node) {
    List<AnnotationNode> all =
        node.visibleAnnotations == null ? List.of() : node.visibleAnnotations;
    return all.stream()
        .filter(each -> each.desc.equals(ANNOTATION))
        .findFirst()
        .map(each -> (List<?>) each.values.get(1));
  }
}
