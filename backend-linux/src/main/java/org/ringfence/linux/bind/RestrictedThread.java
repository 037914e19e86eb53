package org.ringfence.linux.bind;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks code that a restricted thread may run: a command thread, the sandbox thread, or a thread of
 * a probe. On a type it marks all methods and constructors.
 *
 * <p>Such a thread is under the restrictions of a command, and every thread that it starts would
 * inherit them. A command thread also has a descriptor table without the JVM's files, so it cannot
 * load a class. Marked code therefore calls only marked code and a few methods of the JDK that
 * start no thread, wake no Java thread and load no class. A test checks this ({@code
 * RestrictedThreadTest}); it cannot see what an overridden method does.
 */
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.CONSTRUCTOR})
public @interface RestrictedThread {}
