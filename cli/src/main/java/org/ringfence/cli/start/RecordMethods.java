package org.ringfence.cli.start;

import java.util.List;
import java.util.Objects;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.GeneratorAdapter;
import org.objectweb.asm.commons.Method;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.RecordComponentNode;

/**
 * The methods {@code hashCode}, {@code equals} and {@code toString} of a record, with the results
 * of those that a JVM links at their first call.
 */
final class RecordMethods {
  // As java.lang.runtime.ObjectMethods computes it.
  private static final int FACTOR = 31;
  private static final String RECORD = "java/lang/Record";
  private static final String BOOTSTRAP = "java/lang/runtime/ObjectMethods";
  private static final Type OBJECT = Type.getType(Object.class);
  private static final Type OBJECTS = Type.getType(Objects.class);
  private static final Type STRING = Type.getType(String.class);
  private static final Type BUILDER = Type.getType(StringBuilder.class);

  private final ClassNode record;
  private final Type self;

  private RecordMethods(ClassNode record) {
    this.record = record;
    self = Type.getObjectType(record.name);
  }

  /** Replaces the methods that the compiler has made. Does nothing to a class of another kind. */
  static void replace(ClassNode node) {
    if (!RECORD.equals(node.superName)) {
      return;
    }
    RecordMethods methods = new RecordMethods(node);
    for (MethodNode method : List.copyOf(node.methods)) {
      if (isLinked(method)) {
        node.methods.set(node.methods.indexOf(method), methods.written(method));
      }
    }
  }

  private static boolean isLinked(MethodNode method) {
    for (AbstractInsnNode each : method.instructions) {
      if (each instanceof InvokeDynamicInsnNode site && site.bsm.getOwner().equals(BOOTSTRAP)) {
        return true;
      }
    }
    return false;
  }

  private MethodNode written(MethodNode old) {
    MethodNode method = new MethodNode(old.access, old.name, old.desc, null, null);
    GeneratorAdapter code = new GeneratorAdapter(method, old.access, old.name, old.desc);
    switch (old.name) {
      case "hashCode" -> hash(code);
      case "equals" -> equality(code, method);
      default -> text(code);
    }
    code.returnValue();
    // The deepest stack: a builder, or a sum, with two wide values.
    method.maxStack = 2 + 2 * 2;
    method.maxLocals = 2;
    code.visitEnd();
    return method;
  }

  private List<RecordComponentNode> components() {
    return record.recordComponents == null ? List.of() : record.recordComponents;
  }

  private Type load(GeneratorAdapter code, RecordComponentNode component) {
    Type type = Type.getType(component.descriptor);
    code.loadThis();
    code.getField(self, component.name, type);
    return type;
  }

  private void hash(GeneratorAdapter code) {
    code.push(0);
    for (RecordComponentNode component : components()) {
      code.push(FACTOR);
      code.math(GeneratorAdapter.MUL, Type.INT_TYPE);
      Type type = load(code, component);
      if (isPrimitive(type)) {
        code.invokeStatic(boxed(type), method("hashCode", Type.INT_TYPE, type));
      } else {
        code.invokeStatic(OBJECTS, method("hashCode", Type.INT_TYPE, OBJECT));
      }
      code.math(GeneratorAdapter.ADD, Type.INT_TYPE);
    }
  }

  private void equality(GeneratorAdapter code, MethodNode method) {
    Label differs = code.newLabel();
    Label isRecord = code.newLabel();
    code.loadArg(0);
    code.instanceOf(self);
    code.ifZCmp(GeneratorAdapter.NE, isRecord);
    code.mark(differs);
    method.visitFrame(Opcodes.F_SAME, 0, null, 0, null);
    code.push(false);
    code.returnValue();
    code.mark(isRecord);
    method.visitFrame(Opcodes.F_SAME, 0, null, 0, null);
    for (RecordComponentNode component : components()) {
      Type type = load(code, component);
      code.loadArg(0);
      code.checkCast(self);
      code.getField(self, component.name, type);
      if (isPrimitive(type)) {
        // As Double.compare says: each NaN equals another.
        code.invokeStatic(boxed(type), method("compare", Type.INT_TYPE, type, type));
        code.ifZCmp(GeneratorAdapter.NE, differs);
      } else {
        code.invokeStatic(OBJECTS, method("equals", Type.BOOLEAN_TYPE, OBJECT, OBJECT));
        code.ifZCmp(GeneratorAdapter.EQ, differs);
      }
    }
    code.push(true);
  }

  private void text(GeneratorAdapter code) {
    code.newInstance(BUILDER);
    code.dup();
    code.invokeConstructor(BUILDER, method("<init>", Type.VOID_TYPE));
    String before = record.name.substring(simpleName()) + "[";
    for (RecordComponentNode component : components()) {
      code.push(before + component.name + "=");
      append(code, STRING);
      Type type = load(code, component);
      code.invokeStatic(STRING, method("valueOf", STRING, shown(type)));
      append(code, STRING);
      before = ", ";
    }
    code.push(components().isEmpty() ? before + "]" : "]");
    append(code, STRING);
    code.invokeVirtual(BUILDER, method("toString", STRING));
  }

  /** Returns where the simple name begins: names of nested classes contain those of the outer. */
  private int simpleName() {
    return record.innerClasses.stream()
        .filter(inner -> inner.name.equals(record.name) && inner.innerName != null)
        .findFirst()
        .map(inner -> record.name.length() - inner.innerName.length())
        .orElse(record.name.lastIndexOf('/') + 1);
  }

  private static void append(GeneratorAdapter code, Type type) {
    code.invokeVirtual(BUILDER, method("append", BUILDER, type));
  }

  private static Type shown(Type type) {
    return switch (type.getSort()) {
      case Type.BYTE, Type.SHORT -> Type.INT_TYPE;
      case Type.ARRAY, Type.OBJECT -> OBJECT;
      default -> type;
    };
  }

  private static boolean isPrimitive(Type type) {
    return type.getSort() < Type.ARRAY;
  }

  private static Type boxed(Type type) {
    return Type.getType(
        switch (type.getSort()) {
          case Type.BOOLEAN -> Boolean.class;
          case Type.BYTE -> Byte.class;
          case Type.SHORT -> Short.class;
          case Type.CHAR -> Character.class;
          case Type.INT -> Integer.class;
          case Type.LONG -> Long.class;
          case Type.FLOAT -> Float.class;
          default -> Double.class;
        });
  }

  private static Method method(String name, Type returned, Type... given) {
    return new Method(name, returned, given);
  }
}
