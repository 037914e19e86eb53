/** An extension of JUnit Jupiter that gives a test a sandbox. */
package org.ringfence.junit;
