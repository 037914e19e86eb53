package org.ringfence.cli.start;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.GeneratorAdapter;
import org.objectweb.asm.commons.Method;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;

/**
 * A class in the place of one lambda expression or method reference: a final field for each
 * captured value, and the interface's method, which calls the method that javac made of the
 * expression.
 */
final class LambdaClass {
  static final String FACTORY = "of";
  private static final String CONSTRUCTOR = "<init>";
  private static final String METAFACTORY = "java/lang/invoke/LambdaMetafactory";
  private static final Type OBJECT = Type.getType(Object.class);

  private final Type self;
  private final Type[] captured;
  private final Type constructed;
  private final InvokeDynamicInsnNode site;
  private final Type declared;
  private final Handle body;
  private final Type instantiated;

  private LambdaClass(String name, InvokeDynamicInsnNode site) {
    this.site = site;
    self = Type.getObjectType(name);
    captured = Type.getArgumentTypes(site.desc);
    constructed = Type.getMethodType(Type.VOID_TYPE, captured);
    declared = (Type) site.bsmArgs[0];
    body = (Handle) site.bsmArgs[1];
    instantiated = (Type) site.bsmArgs[2];
  }

  /**
   * Returns the class for a call site.
   *
   * @param name the internal name of the new class
   * @return nothing for another bootstrap method: a record's, or that of a serializable lambda
   */
  static Optional<LambdaClass> of(String name, InvokeDynamicInsnNode site) {
    return site.bsm.getOwner().equals(METAFACTORY) && site.bsm.getName().equals("metafactory")
        ? Optional.of(new LambdaClass(name, site))
        : Optional.empty();
  }

  /**
   * Returns the class file.
   *
   * @param outer the class with the expression
   * @param host the host of its nest, which has to name the new class as a member
   */
  byte[] bytes(ClassNode outer, String host) {
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    String implemented = Type.getReturnType(site.desc).getInternalName();
    writer.visit(
        outer.version,
        Opcodes.ACC_FINAL | Opcodes.ACC_SYNTHETIC | Opcodes.ACC_SUPER,
        self.getInternalName(),
        null,
        OBJECT.getInternalName(),
        new String[] {implemented});
    writer.visitSource(outer.sourceFile, null);
    // The methods of lambda expressions are private.
    writer.visitNestHost(host);
    for (int i = 0; i < captured.length; i++) {
      int access = Opcodes.ACC_PRIVATE | Opcodes.ACC_FINAL;
      writer.visitField(access, field(i), captured[i].getDescriptor(), null, null).visitEnd();
    }
    constructor(writer);
    factory(writer);
    method(writer);
    writer.visitEnd();
    return writer.toByteArray();
  }

  private static String field(int number) {
    return "captured" + number;
  }

  private void constructor(ClassWriter writer) {
    GeneratorAdapter code = code(writer, Opcodes.ACC_PRIVATE, CONSTRUCTOR, constructed);
    code.loadThis();
    code.invokeConstructor(OBJECT, new Method(CONSTRUCTOR, "()V"));
    for (int i = 0; i < captured.length; i++) {
      code.loadThis();
      code.loadArg(i);
      code.putField(self, field(i), captured[i]);
    }
    code.returnValue();
    code.endMethod();
  }

  private void factory(ClassWriter writer) {
    GeneratorAdapter code =
        code(writer, Opcodes.ACC_STATIC, FACTORY, Type.getMethodType(site.desc));
    code.newInstance(self);
    code.dup();
    code.loadArgs();
    code.invokeConstructor(self, new Method(CONSTRUCTOR, constructed.getDescriptor()));
    code.returnValue();
    code.endMethod();
  }

  private void method(ClassWriter writer) {
    GeneratorAdapter code = code(writer, Opcodes.ACC_PUBLIC, site.name, declared);
    Type owner = Type.getObjectType(body.getOwner());
    boolean makes = body.getTag() == Opcodes.H_NEWINVOKESPECIAL;
    List<Type> wanted = new ArrayList<>();
    if (!makes && body.getTag() != Opcodes.H_INVOKESTATIC) {
      wanted.add(owner);
    }
    wanted.addAll(List.of(Type.getArgumentTypes(body.getDesc())));
    if (makes) {
      code.newInstance(owner);
      code.dup();
    }
    for (int i = 0; i < captured.length; i++) {
      code.loadThis();
      code.getField(self, field(i), captured[i]);
      convert(code, captured[i], wanted.get(i));
    }
    Type[] given = declared.getArgumentTypes();
    Type[] meant = instantiated.getArgumentTypes();
    for (int i = 0; i < given.length; i++) {
      code.loadArg(i);
      convert(code, given[i], meant[i]);
      convert(code, meant[i], wanted.get(captured.length + i));
    }
    code.visitMethodInsn(opcode(), body.getOwner(), body.getName(), body.getDesc(), inInterface());
    Type returned = makes ? owner : Type.getReturnType(body.getDesc());
    if (!declared.getReturnType().equals(Type.VOID_TYPE)) {
      convert(code, returned, instantiated.getReturnType());
      convert(code, instantiated.getReturnType(), declared.getReturnType());
    } else if (returned.getSize() == 2) {
      code.pop2();
    } else if (returned.getSize() == 1) {
      code.pop();
    }
    code.returnValue();
    code.endMethod();
  }

  private boolean inInterface() {
    return body.isInterface();
  }

  private int opcode() {
    return switch (body.getTag()) {
      case Opcodes.H_INVOKESTATIC -> Opcodes.INVOKESTATIC;
      case Opcodes.H_NEWINVOKESPECIAL -> Opcodes.INVOKESPECIAL;
      // From a member of the nest this call selects a private method, too.
      default -> inInterface() ? Opcodes.INVOKEINTERFACE : Opcodes.INVOKEVIRTUAL;
    };
  }

  private static void convert(GeneratorAdapter code, Type from, Type to) {
    if (from.equals(to)) {
      return;
    }
    if (isPrimitive(from) && isPrimitive(to)) {
      code.cast(from, to);
    } else if (isPrimitive(from)) {
      code.valueOf(from);
    } else if (isPrimitive(to)) {
      code.unbox(to);
    } else {
      code.checkCast(to);
    }
  }

  private static boolean isPrimitive(Type type) {
    return type.getSort() < Type.ARRAY;
  }

  private static GeneratorAdapter code(ClassWriter writer, int access, String name, Type type) {
    String descriptor = type.getDescriptor();
    return new GeneratorAdapter(
        writer.visitMethod(access, name, descriptor, null, null), access, name, descriptor);
  }
}
