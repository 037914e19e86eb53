package org.ringfence.windows.bind;

import com.sun.jna.platform.win32.COM.COMLateBindingObject;
import com.sun.jna.platform.win32.COM.Dispatch;
import com.sun.jna.platform.win32.COM.IDispatch;
import com.sun.jna.platform.win32.OleAuto;
import com.sun.jna.platform.win32.Variant.VARIANT;

/** A COM object of the firewall, late-bound. */
final class FirewallObject extends COMLateBindingObject implements AutoCloseable {
  /** Creates an object of a class. */
  FirewallObject(String programId) {
    super(programId, false);
  }

  private FirewallObject(IDispatch object) {
    super(object);
  }

  FirewallObject object(String property) {
    return new FirewallObject(getAutomationProperty(property));
  }

  FirewallObject item(String name) {
    VARIANT text = new VARIANT(name);
    try {
      VARIANT found = invoke("Item", text);
      return new FirewallObject((Dispatch) found.getValue());
    } finally {
      OleAuto.INSTANCE.VariantClear(text);
    }
  }

  void add(FirewallObject rule) {
    invokeNoReply("Add", rule.toVariant());
  }

  void remove(String name) {
    VARIANT text = new VARIANT(name);
    try {
      invokeNoReply("Remove", text);
    } finally {
      OleAuto.INSTANCE.VariantClear(text);
    }
  }

  void set(String property, String value) {
    setProperty(property, value);
  }

  void set(String property, int value) {
    setProperty(property, value);
  }

  void set(String property, boolean value) {
    setProperty(property, value);
  }

  int number(String property) {
    return getIntProperty(property);
  }

  boolean flag(String property) {
    return getBooleanProperty(property);
  }

  /** Reads a property that takes an index. */
  boolean flag(String property, int index) {
    VARIANT.ByReference result = new VARIANT.ByReference();
    oleMethod(OleAuto.DISPATCH_PROPERTYGET, result, property, new VARIANT(index));
    return result.booleanValue();
  }

  String text(String property) {
    String text = getStringProperty(property);
    return text == null ? "" : text;
  }

  @Override
  public void close() {
    release();
  }
}
