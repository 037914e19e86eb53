package org.ringfence.event.json;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.ringfence.CommandEvent;
import org.ringfence.Sandbox;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.EventRecorder;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.policy.json.Additions;
import org.ringfence.text.json.ControlEscapes;
import org.slf4j.LoggerFactory;

/**
 * Writes the events of a sandbox as JSON Lines, each with the name of its {@code event}: {@code
 * begun} and {@code ended} or {@code notStarted} for each command, {@code executed} for each
 * program when it has ended, {@code denied}, {@code connection}, and {@code dropped}, which counts
 * dropped events and lines that could not be written. Each line has the random name of this log as
 * its {@code run}: numbers of commands and processes are those of one run. {@link #recording}
 * connects it to a sandbox. Every line is written at once and flushed. Thread-safe.
 */
public final class AuditLog implements EventRecorder {
  private static final DroppedEvents NONE = new DroppedEvents(0, 0, 0);
  private static final DroppedEvents DENIAL = new DroppedEvents(1, 0, 0);
  private static final DroppedEvents COMMAND = new DroppedEvents(0, 1, 0);
  private static final DroppedEvents CONNECTION = new DroppedEvents(0, 0, 1);

  private final ObjectMapper mapper = new ObjectMapper();
  private final Writer out;
  private final SecretMask mask;
  private final boolean complete;
  private final String run = UUID.randomUUID().toString();
  private long unwrittenDenials;
  private long unwrittenExecuted;
  private long unwrittenConnections;
  private long unwrittenCommands;
  private boolean torn;
  private boolean refused;
  private volatile boolean lost;

  /**
   * Creates a log on a writer, which the caller closes.
   *
   * @param out the writer
   * @param mask masks secrets among arguments
   */
  public AuditLog(Writer out, SecretMask mask) {
    this(out, mask, false);
  }

  /**
   * Creates a log on a writer, which the caller closes.
   *
   * @param out the writer
   * @param mask masks secrets among arguments
   * @param complete whether commands end when a line cannot be written
   */
  public AuditLog(Writer out, SecretMask mask, boolean complete) {
    this.complete = complete;
    this.out = Objects.requireNonNull(out, "out");
    this.mask = Objects.requireNonNull(mask, "mask");
    mapper.getFactory().setCharacterEscapes(new ControlEscapes());
  }

  /**
   * Lets a sandbox write its events here: those of a recorder, and the starts and ends of commands.
   *
   * @param opener opens the sandbox
   * @return the same opener
   */
  public Sandbox.Opener recording(Sandbox.Opener opener) {
    return opener.recorder(this).onCommand(this::command);
  }

  /**
   * Writes the start or the end of a command. The arguments are masked as those of programs are.
   *
   * @param event the start or the end
   */
  public void command(CommandEvent event) {
    write(() -> line(event), NONE, 1);
  }

  private ObjectNode line(CommandEvent event) {
    String name = "ended";
    if (event instanceof CommandEvent.Begun) {
      name = "begun";
    } else if (event instanceof CommandEvent.NotStarted) {
      name = "notStarted";
    }
    ObjectNode line = line(name);
    line.put("time", Instant.now().toString());
    line.put("command", event.commandId());
    if (event instanceof CommandEvent.Begun begun) {
      ArrayNode arguments = line.putArray("argv");
      mask.apply(begun.command()).forEach(arguments::add);
    } else if (event instanceof CommandEvent.NotStarted not) {
      String reason = not.cause().getMessage();
      line.put("reason", reason == null ? not.cause().getClass().getName() : reason);
    } else if (event instanceof CommandEvent.Ended ended) {
      line.put("exitCode", ended.exitCode());
      line.set("ending", mapper.valueToTree(OutcomeJson.of(ended.ending())));
      line.set("usage", mapper.valueToTree(OutcomeJson.of(ended.usage())));
    }
    return line;
  }

  /** Writes a line that counts the missing events. */
  @Override
  public void dropped(DroppedEvents dropped) {
    lost = true;
    write(() -> line(dropped, 0), dropped);
  }

  private ObjectNode line(String event) {
    return mapper.createObjectNode().put("event", event).put("run", run);
  }

  private ObjectNode line(DroppedEvents dropped, long commands) {
    ObjectNode line = line("dropped");
    line.put("time", Instant.now().toString());
    line.put("denied", dropped.violations());
    line.put("executed", dropped.commands());
    line.put("connection", dropped.connections());
    if (commands != 0) {
      line.put("commands", commands);
    }
    return line;
  }

  /**
   * Returns whether lines are missing from the log. Any thread may call it, best after the sandbox
   * is closed.
   *
   * @return true if events were dropped or a line could not be written
   */
  public boolean incomplete() {
    return lost;
  }

  @Override
  public boolean needsEveryRecord() {
    return complete;
  }

  @Override
  public void executed(AuditRecord command) {
    write(() -> line(command), COMMAND);
  }

  private ObjectNode line(AuditRecord command) {
    ObjectNode line = line("executed");
    line.put("start", command.start().toString());
    line.put("end", command.end().toString());
    line.put("pid", command.pid());
    putCommand(line, command.command());
    line.put("parent", command.parent());
    line.put("path", command.path());
    ArrayNode arguments = line.putArray("argv");
    mask.apply(command.arguments()).forEach(arguments::add);
    line.put("cwd", command.directory());
    command.exit().ifPresent(exit -> line.put("exit", exit));
    return line;
  }

  @Override
  public void violation(Violation violation) {
    write(() -> line(violation), DENIAL);
  }

  private ObjectNode line(Violation violation) {
    ObjectNode line = line("denied");
    line.put("time", Instant.now().toString());
    line.put("operation", violation.operation());
    line.put("target", violation.target());
    line.put("pid", violation.pid());
    putCommand(line, violation.command());
    line.put("executable", violation.executable());
    line.put("rule", violation.rule());
    remedy(line, violation.remedy());
    line.put("certainty", violation.certainty().name());
    return line;
  }

  private void remedy(ObjectNode line, Remedy remedy) {
    if (remedy instanceof Remedy.Addition addition) {
      line.putRawValue("remedy", new RawValue(Additions.json(addition)));
    } else if (remedy instanceof Remedy.None none) {
      line.putNull("remedy");
      line.put("noRemedy", none.why());
    }
  }

  @Override
  public void connection(ConnectionRecord connection) {
    write(() -> line(connection), CONNECTION);
  }

  private ObjectNode line(ConnectionRecord connection) {
    ObjectNode line = line("connection");
    line.put("time", connection.time().toString());
    line.put("host", connection.host());
    line.put("address", connection.address());
    line.put("port", connection.port());
    line.put("pid", connection.pid());
    putCommand(line, connection.command());
    line.put("executable", connection.executable());
    line.put("rule", connection.rule());
    line.put("allowed", connection.allowed());
    connection.sent().ifPresent(bytes -> line.put("sent", bytes));
    connection.received().ifPresent(bytes -> line.put("received", bytes));
    connection.duration().ifPresent(time -> line.put("millis", time.toMillis()));
    return line;
  }

  /** Writes the number, unless the command is unknown. */
  private static void putCommand(ObjectNode line, long command) {
    if (command != 0) {
      line.put("command", command);
    }
  }

  private void write(Supplier<ObjectNode> line, DroppedEvents events) {
    write(line, events, 0);
  }

  /**
   * Writes a line, after one that counts earlier lines that could not be written. A line that there
   * is no memory for is one of these.
   *
   * @param events the events that are missing without the line
   * @param commands the starts and ends that are missing without it
   */
  private synchronized void write(Supplier<ObjectNode> line, DroppedEvents events, long commands) {
    try {
      ObjectNode next = line.get();
      if (unwrittenDenials + unwrittenExecuted + unwrittenConnections + unwrittenCommands > 0) {
        append(
            line(
                new DroppedEvents(unwrittenDenials, unwrittenExecuted, unwrittenConnections),
                unwrittenCommands));
        unwrittenDenials = 0;
        unwrittenExecuted = 0;
        unwrittenConnections = 0;
        unwrittenCommands = 0;
      }
      append(next);
    } catch (IOException | OutOfMemoryError e) {
      // This takes no memory.
      unwrittenDenials += events.violations();
      unwrittenExecuted += events.commands();
      unwrittenConnections += events.connections();
      unwrittenCommands += commands;
      lost = true;
      failed(e);
    }
  }

  private void failed(Throwable cause) {
    if (complete) {
      throw new UncheckedIOException(
          "audit log", cause instanceof IOException failure ? failure : new IOException(cause));
    }
    if (!refused) {
      refused = true;
      // The reader of the log sees the number of missing lines, if any line can follow.
      LoggerFactory.getLogger(AuditLog.class)
          .warn("a line of the audit log cannot be written: {}", cause.toString());
    }
  }

  private void append(ObjectNode line) throws IOException {
    // A line that follows half of another begins on a line of its own.
    String text = (torn ? "\n" : "") + mapper.writeValueAsString(line) + "\n";
    torn = true;
    out.write(text);
    out.flush();
    torn = false;
  }
}
