package org.ringfence.windows.setup.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.setup.state.SetupJournal;

/** Converts records of set-up to and from JSON. */
public final class SetupJson {
  private static final int VERSION = 1;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SetupJson() {}

  private interface Reading<T> {
    T read(JsonNode node);
  }

  private static ObjectNode node(ClientAccounts accounts, Sid user, String home) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("version", VERSION);
    node.put("client", accounts.id());
    node.put("firstPort", accounts.firstPort());
    node.put("user", user.text());
    node.put("home", home);
    return node;
  }

  private static <T> T read(String json, Reading<T> reading) {
    try {
      JsonNode node = MAPPER.readTree(json);
      if (node.path("version").asInt() != VERSION) {
        throw new IllegalArgumentException(
            "version " + node.path("version") + " of a record is not known; use a newer Ringfence");
      }
      return reading.read(node);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a record is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static ClientAccounts accounts(JsonNode node) {
    return new ClientAccounts(node.required("client").asText(), node.required("firstPort").asInt());
  }

  private static Sid sid(JsonNode node, String name) {
    return new Sid(node.required(name).asText());
  }

  /**
   * Writes a client.
   *
   * @param client the client
   * @return JSON
   */
  public static String write(ClientRecord client) {
    ObjectNode node = node(client.accounts(), client.user(), client.home());
    node.put("ringfence", client.version());
    node.put("network", client.network());
    node.put("group", client.group().text());
    node.put("offline", client.offline().text());
    node.put("online", client.online().text());
    node.put("javaHome", client.javaHome());
    node.put("runner", client.runner());
    return node.toPrettyString();
  }

  /**
   * Reads a client.
   *
   * @param json JSON
   * @return the client
   * @throws IllegalArgumentException if it is invalid, or of a later version
   */
  public static ClientRecord client(String json) {
    return read(
        json,
        node ->
            new ClientRecord(
                accounts(node),
                sid(node, "user"),
                node.required("home").asText(),
                node.required("ringfence").asText(),
                node.required("network").asBoolean(),
                sid(node, "group"),
                sid(node, "offline"),
                sid(node, "online"),
                node.required("javaHome").asText(),
                node.required("runner").asText()));
  }

  /**
   * Writes a journal.
   *
   * @param journal the journal
   * @return JSON
   */
  public static String write(SetupJournal journal) {
    ObjectNode node = node(journal.accounts(), journal.user(), journal.home());
    node.put("direction", journal.direction().name());
    node.put("wasComplete", journal.wasComplete());
    journal.begun().forEach(node.putArray("begun")::add);
    journal.done().forEach(node.putArray("done")::add);
    return node.toPrettyString();
  }

  /**
   * Reads a journal.
   *
   * @param json JSON
   * @return the journal
   * @throws IllegalArgumentException if it is invalid, or of a later version
   */
  public static SetupJournal journal(String json) {
    return read(
        json,
        node ->
            new SetupJournal(
                accounts(node),
                sid(node, "user"),
                node.required("home").asText(),
                SetupJournal.Direction.valueOf(node.required("direction").asText()),
                node.required("wasComplete").asBoolean(),
                texts(node.required("begun")),
                texts(node.required("done"))));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
