package org.ringfence.windows.system;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigation;

/**
 * A fake Windows: it keeps lists, tokens, jobs and containers in memory, counts handles, and can
 * return any error from any call. It confines nothing.
 */
public final class FakeWindows implements WindowsSystem, ObjectSecurity, Processes, Machine {
  public static final Sid USER = new Sid("S-1-5-21-1-1-1-1001");
  public static final Sid LOGON = new Sid("S-1-5-5-0-77");
  private static final long CREATED = 4711;

  /** {@code GetCurrentProcess}. */
  private static final long THIS_PROCESS = -1;

  /**
   * The default list of this process's token. New objects without a descriptor get it: Microsoft,
   * "DACL for a New Object". The token of a new process is one of them, as measured in
   * winsiderss/systeminformer#436.
   */
  public AccessControlList defaultDacl = FakeTokens.usualList(USER);

  /**
   * If set, the processes that this one looks for by their numbers belong to another account, as
   * when another administrator answers a prompt.
   */
  public boolean othersAreClosed;

  /** How often the lists of this process and of its threads were set. */
  public int protectedProcesses;

  /** The restricting SIDs of each token that was made. */
  public final List<List<Sid>> restrictions = new ArrayList<>();

  /** The files whose lists were set by the call that walks the tree below. */
  public final List<String> propagated = new ArrayList<>();

  private record Trouble(String call, int code) {}

  public final Map<String, FakeFile> files = new LinkedHashMap<>();
  private final Set<String> real = new HashSet<>();
  public final Set<String> containers = new HashSet<>();
  public final List<String> calls = new ArrayList<>();
  public final Map<Integer, Long> processes = new HashMap<>();
  public final List<ProcessRequest> started = new ArrayList<>();
  public final Map<String, VolumeFacts> volumes = new HashMap<>();
  public final Deque<Integer> exitCodes = new ArrayDeque<>();
  private final Map<Long, Object> handles = new HashMap<>();
  private final List<FakeJobs.FakeProcess> everyProcess = new ArrayList<>();
  private final List<Trouble> troubles = new ArrayList<>();
  private long next = 100;

  public TokenFacts own =
      new TokenFacts(
          USER,
          Optional.of(LOGON),
          Set.of("SeChangeNotifyPrivilege", "SeShutdownPrivilege"),
          List.of(),
          false,
          false,
          false,
          1);

  /**
   * If set, the system accepts restricting SIDs, entries and limits and drops them, as Wine does.
   */
  public boolean forgetful;

  /** The most memory that each job had; 0 where the system does not count it. */
  public long peakMemory = 3 << 20;

  /** If set, the system accepts mitigations and tells none, as Wine does. */
  public boolean forgetsMitigations;

  /** If set, system programs end as the model of the objects that they open says. */
  public Optional<FakePrograms> programs = Optional.empty();

  /** If set, commands write to the canary file, as unconfined commands do. */
  public boolean writesToItsCanary;

  /** The privileges that a container's token keeps. */
  public Set<String> containerPrivileges = Set.of();

  /** If set, curl reaches the canary server, as unconfined commands do. */
  public boolean reachesServers;

  public String version = "Windows in a test";

  /** A tree of real files, if there is one. */
  public Optional<FakeTree> tree = Optional.empty();

  /** Makes the files below a directory files of this Windows. */
  public FakeTree treeOf(java.nio.file.Path root) {
    tree = Optional.of(new FakeTree(this, root));
    return tree.get();
  }

  /** If set, files of the real file system exist in the fake, too. */
  public boolean realFiles;

  /** The owner of the real directories. */
  public Sid owner = Sid.ADMINISTRATORS;

  /** If set, the next process leaves a second process in its job. */
  public boolean leaveOne;

  /** Simulates a crash: every call after this number throws {@link Died}. */
  public int dieAfter = Integer.MAX_VALUE;

  /** Thrown where a real process would have died. */
  public static final class Died extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  public FakeWindows() {
    processes.put((int) ProcessHandle.current().pid(), CREATED);
  }

  /** Makes the next call of a function fail. */
  public void fail(String call, int code) {
    troubles.add(new Trouble(call, code));
  }

  /** Removes the failures that {@link #fail} has set. */
  public void stopFailing() {
    troubles.clear();
  }

  void call(String name) throws WindowsCallException {
    calls.add(name);
    if (calls.size() > dieAfter) {
      throw new Died();
    }
    for (Trouble trouble : troubles) {
      if (trouble.call().equals(name)) {
        troubles.remove(trouble);
        throw new WindowsCallException(name, trouble.code());
      }
    }
  }

  /** Installs system programs that follow the model. */
  public FakePrograms modelled() {
    programs = Optional.of(new FakePrograms(this));
    programs.get().install();
    return programs.get();
  }

  /** Returns the number of processes that have not ended. */
  public long running() {
    return everyProcess.stream().filter(process -> process.code == STILL_ACTIVE).count();
  }

  public int openHandles() {
    return handles.size();
  }

  synchronized Handle handle(Object object) {
    long value = next++;
    handles.put(value, object);
    return new Handle(
        value,
        closed -> {
          Object gone;
          synchronized (this) {
            gone = handles.remove(closed);
          }
          if (gone instanceof FakePipe pipe) {
            pipe.close();
          }
          if (gone instanceof FakeJobs.FakeJob job && job.limits.killOnClose()) {
            job.processes.forEach(process -> process.end(1));
          }
        });
  }

  synchronized <T> T object(Handle handle, Class<T> type) {
    Object object = handles.get(handle.value());
    if (object == null) {
      throw new AssertionError("use of a closed handle");
    }
    return type.cast(object);
  }

  public FakeFile file(String path) {
    FakeFile file = new FakeFile();
    file.path = path;
    file.id = files.size() + 1L;
    AccessControlList list =
        AccessControlList.of(
            new Ace(Ace.Type.ALLOW, USER, 0x1f01ff, Ace.Scope.TREE),
            new Ace(Ace.Type.ALLOW, Sid.SYSTEM, 0x1f01ff, Ace.Scope.TREE));
    file.descriptor = list.descriptor(new byte[] {1, 0, 4, (byte) 0x80});
    files.put(path.toUpperCase(java.util.Locale.ROOT), file);
    return file;
  }

  public AccessControlList list(String path) {
    return AccessControlList.ofDescriptor(
            files.get(path.toUpperCase(java.util.Locale.ROOT)).descriptor)
        .orElseThrow();
  }

  /** The fake accounts, rules, filters and pipes. */
  public final FakeAdministration administration = new FakeAdministration(this);

  @Override
  public FakeAdministration administration() {
    return administration;
  }

  @Override
  public Tokens tokens() {
    return new FakeTokens(this);
  }

  @Override
  public ObjectSecurity security() {
    return this;
  }

  @Override
  public Files files() {
    return new FakeFiles(this);
  }

  @Override
  public Jobs jobs() {
    return new FakeJobs(this);
  }

  @Override
  public Processes processes() {
    return this;
  }

  @Override
  public Machine machine() {
    return this;
  }

  @Override
  public byte[] descriptor(Handle object) throws WindowsCallException {
    call("GetKernelObjectSecurity");
    if (handles.get(object.value()) instanceof FakePipe pipe) {
      return FakeDescriptors.ownedBy(pipe.owner, FakeDescriptors.usual(own.user()));
    }
    return object(object, FakeFile.class).descriptor.clone();
  }

  @Override
  public String sddl(byte[] descriptor) {
    return "D:" + HexFormat.of().formatHex(descriptor);
  }

  @Override
  public byte[] ofSddl(String sddl) {
    return sddl.matches("D:[0-9a-f]+")
        ? HexFormat.of().parseHex(sddl.substring(2))
        : sddl.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void setDacl(Handle object, Kind kind, byte[] acl) throws WindowsCallException {
    call("SetSecurityInfo");
    if (forgetful) {
      return;
    }
    FakeFile file = object(object, FakeFile.class);
    propagated.add(file.path);
    // Windows marks the list as one that inherits, and so does the fake.
    byte[] like = {1, 0, 4, (byte) 0x84};
    byte[] whole = new byte[20 + acl.length];
    System.arraycopy(like, 0, whole, 0, 4);
    whole[16] = 20;
    System.arraycopy(acl, 0, whole, 20, acl.length);
    file.descriptor = FakeDescriptors.kept(file, whole);
    tree.ifPresent(all -> all.propagate(file));
  }

  @Override
  public void setDaclExactly(Handle object, byte[] descriptor) throws WindowsCallException {
    call("SetKernelObjectSecurity");
    if (object.value() == THIS_PROCESS) {
      protectedProcesses++;
      return;
    }
    if (!forgetful) {
      FakeFile file = object(object, FakeFile.class);
      byte[] stored = descriptor.clone();
      // SE_DACL_AUTO_INHERITED stays if SE_DACL_AUTO_INHERIT_REQ asks for it, which is not stored:
      // Microsoft, "SECURITY_DESCRIPTOR_CONTROL".
      stored[3] &= (byte) ((stored[3] & 0x01) != 0 ? 0xfe : 0xfb);
      file.descriptor = FakeDescriptors.kept(file, stored);
    }
  }

  @Override
  public void setOwner(Handle object, Sid owner) throws WindowsCallException {
    call("SetKernelObjectSecurity(owner)");
    FakeDescriptors.own(object(object, FakeFile.class), owner);
  }

  /** Starts a process of another account. */
  public Started start(TokenFacts token, Integer exitCode) {
    FakeJobs.FakeProcess process =
        new FakeJobs.FakeProcess(token, FakeTokens.usualList(token.user()), exitCode);
    everyProcess.add(process);
    return new Started(handle(process), handle(process), 9000 + everyProcess.size());
  }

  /**
   * Returns a file of the fake. A real file appears with {@link #owner} as its owner, by default
   * the administrators, like the directories of set-up.
   */
  FakeFile found(String path) throws WindowsCallException {
    Optional<FakeFile> inTree = tree.flatMap(all -> all.find(path));
    if (inTree.isPresent()) {
      return inTree.get();
    }
    String key = path.toUpperCase(java.util.Locale.ROOT);
    boolean there = realFiles && java.nio.file.Files.exists(java.nio.file.Path.of(path));
    if (!there && real.remove(key)) {
      files.remove(key);
    } else if (there && !files.containsKey(key)) {
      FakeFile made = file(path);
      AccessControlList list =
          AccessControlList.of(
              new Ace(Ace.Type.ALLOW, Sid.SYSTEM, 0x1f01ff, Ace.Scope.TREE),
              new Ace(Ace.Type.ALLOW, Sid.ADMINISTRATORS, 0x1f01ff, Ace.Scope.TREE),
              new Ace(Ace.Type.ALLOW, Sid.USERS, 0x1200a9, Ace.Scope.TREE));
      made.descriptor =
          FakeDescriptors.ownedBy(owner, list.descriptor(new byte[] {1, 0, 4, (byte) 0x80}));
      real.add(key);
    }
    if (!files.containsKey(key) || tree.filter(all -> all.covers(path)).isPresent()) {
      throw new WindowsCallException("CreateFileW", 2);
    }
    return files.get(key);
  }

  @Override
  public Started create(ProcessRequest request) throws WindowsCallException {
    call("CreateProcess");
    TokenFacts token = request.token().map(handle -> object(handle, TokenFacts.class)).orElse(own);
    if (request.container().isPresent() && !forgetful) {
      token =
          new TokenFacts(
              token.user(), token.logon(), containerPrivileges, List.of(), false, false, true, 1);
    }
    TokenFacts with = token;
    Integer code =
        programs.isPresent() ? programs.get().run(with, request).orElse(null) : exitCodes.poll();
    FakeJobs.FakeProcess process = new FakeJobs.FakeProcess(token, defaultDacl, code);
    process.mitigations = forgetsMitigations ? Set.of() : request.mitigations().closed();
    object(request.job(), FakeJobs.FakeJob.class).processes.add(process);
    everyProcess.add(process);
    if (leaveOne) {
      FakeJobs.FakeProcess other = new FakeJobs.FakeProcess(token, defaultDacl, null);
      object(request.job(), FakeJobs.FakeJob.class).processes.add(other);
      everyProcess.add(other);
      leaveOne = false;
    }
    if (reachesServers && request.commandLine().contains("curl.exe")) {
      String port = request.commandLine().replaceAll("(?s).*127\\.0\\.0\\.1:([0-9]+).*", "$1");
      try {
        new java.net.Socket("127.0.0.1", Integer.parseInt(port)).close();
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    if (writesToItsCanary && request.commandLine().contains("echo changed")) {
      String file = request.environment().replaceAll("(?s).*RINGFENCE_CANARY=\"([^\"]*)\".*", "$1");
      try {
        java.nio.file.Files.writeString(java.nio.file.Path.of(file), "changed");
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    started.add(request);
    return new Started(handle(process), handle(process), 5000 + started.size());
  }

  @Override
  public Set<ProcessMitigation> mitigations(Handle process) throws WindowsCallException {
    call("GetProcessMitigationPolicy");
    return object(process, FakeJobs.FakeProcess.class).mitigations;
  }

  @Override
  public void resume(Handle thread) throws WindowsCallException {
    call("ResumeThread");
    FakeJobs.FakeProcess process = object(thread, FakeJobs.FakeProcess.class);
    if (process.scripted != null) {
      process.end(process.scripted);
    }
  }

  @Override
  public boolean await(Handle process, int millis) throws WindowsCallException {
    FakeJobs.FakeProcess awaited = object(process, FakeJobs.FakeProcess.class);
    try {
      if (millis < 0) {
        awaited.ended.await();
        return true;
      }
      return awaited.ended.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new WindowsCallException("WaitForSingleObject", 6);
    }
  }

  @Override
  public int exitCode(Handle process) {
    return object(process, FakeJobs.FakeProcess.class).code;
  }

  @Override
  public void terminate(Handle process, int exitCode) throws WindowsCallException {
    call("TerminateProcess");
    object(process, FakeJobs.FakeProcess.class).end(exitCode);
  }

  @Override
  public long creationTime(int pid) {
    return processes.getOrDefault(pid, 0L);
  }

  @Override
  public Pipe pipe() throws WindowsCallException {
    call("CreatePipe");
    return new Pipe(handle("read end"), handle("write end"));
  }

  @Override
  public Handle standard(int number) throws WindowsCallException {
    call("DuplicateHandle");
    return handle("standard " + number);
  }

  @Override
  public void letInherit(Handle handle) throws WindowsCallException {
    call("SetHandleInformation");
  }

  @Override
  public Handle thisProcess() {
    return new Handle(THIS_PROCESS, number -> {});
  }

  @Override
  public List<Handle> openThreads() throws WindowsCallException {
    call("CreateToolhelp32Snapshot");
    return List.of();
  }

  @Override
  public long duplicateInto(Handle handle, Handle process) throws WindowsCallException {
    call("DuplicateHandle(into)");
    return handle.value();
  }

  @Override
  public Handle adopt(long number) {
    return new Handle(number, closed -> {});
  }

  @Override
  public int read(Handle pipe, byte[] buffer, int offset, int length) throws WindowsCallException {
    if (object(pipe, Object.class) instanceof FakePipe made) {
      return made.read(buffer, offset, length);
    }
    return -1;
  }

  @Override
  public int available(Handle pipe) {
    return object(pipe, Object.class) instanceof FakePipe made ? made.available() : 0;
  }

  @Override
  public void write(Handle pipe, byte[] buffer, int offset, int length)
      throws WindowsCallException {
    if (object(pipe, Object.class) instanceof FakePipe made) {
      made.write(buffer, offset, length);
    }
  }

  @Override
  public Handle console(int columns, int rows, Handle input, Handle output)
      throws WindowsCallException {
    call("CreatePseudoConsole");
    return handle("console");
  }

  @Override
  public void resize(Handle console, int columns, int rows) throws WindowsCallException {
    call("ResizePseudoConsole");
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public String systemDirectory() throws WindowsCallException {
    call("GetSystemDirectoryW");
    return "C:\\Windows\\System32";
  }

  @Override
  public String windowStation() throws WindowsCallException {
    call("GetUserObjectInformationW");
    return "WinSta0";
  }

  @Override
  public Handle desktop(String name, byte[] descriptor) throws WindowsCallException {
    call("CreateDesktopW");
    return handle("desktop");
  }

  @Override
  public Handle lock(String name, int millis) throws WindowsCallException {
    call("CreateMutexW");
    return handle("lock");
  }

  @Override
  public Handle lock(String name, byte[] descriptor, int millis) throws WindowsCallException {
    call("CreateMutexW(machine)");
    return handle("lock");
  }

  @Override
  public Sid createContainer(String name, String display) throws WindowsCallException {
    call("CreateAppContainerProfile");
    containers.add(name);
    return new Sid("S-1-15-2-" + (name.hashCode() & 0x7fffffff) + "-2-3-4-5-6-7");
  }

  @Override
  public void deleteContainer(String name) throws WindowsCallException {
    call("DeleteAppContainerProfile");
    containers.remove(name);
  }
}
