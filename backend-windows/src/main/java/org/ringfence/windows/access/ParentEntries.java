package org.ringfence.windows.access;

import java.util.List;
import java.util.Optional;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ParentDirectories;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the entries of {@link ParentDirectories} that change anything here. */
public final class ParentEntries {
  private static final Logger LOG = LoggerFactory.getLogger(ParentEntries.class);

  private ParentEntries() {}

  /**
   * Leaves out the entries for directories at which the token may look anyway, by the model of the
   * access check, and for those whose lists this user may not see.
   *
   * @param windows the system
   * @param entries the entries of a plan
   * @param token the token of commands
   * @return the entries to set
   */
  public static List<Entry> needed(WindowsSystem windows, List<Entry> entries, AccessToken token) {
    return entries.stream()
        .filter(
            entry -> !ParentDirectories.looks(entry.ace()) || closed(windows, entry.path(), token))
        .toList();
  }

  private static boolean closed(WindowsSystem windows, String path, AccessToken token) {
    try (Handle directory = windows.files().open(path, false)) {
      byte[] descriptor = windows.security().descriptor(directory);
      SecurityDescriptor now =
          new SecurityDescriptor(
              AccessControlList.ownerOf(descriptor).orElse(Sid.LOCAL_SERVICE),
              AccessControlList.ofDescriptor(descriptor).map(AccessControlList::aces),
              Optional.empty());
      return !AccessCheck.check(token, now, GenericMapping.FILE, AccessMask.LOOKING).allowed();
    } catch (WindowsCallException e) {
      LOG.debug("{} gets no entry: commands cannot look at it", path, e);
      return false;
    }
  }
}
