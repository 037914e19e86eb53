package org.ringfence.windows.journal.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.entry.GrantRecord;

/** Converts records to and from JSON. */
public final class GrantRecordJson {
  private static final int VERSION = 1;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private GrantRecordJson() {}

  /**
   * Writes a record.
   *
   * @param record the record
   * @return JSON
   */
  public static String write(GrantRecord record) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("version", VERSION);
    node.put("id", record.id());
    node.put("path", record.path());
    node.put("volumeSerial", record.volumeSerial());
    node.put("fileId", record.fileId());
    ArrayNode sids = node.putArray("sids");
    record.sids().forEach(sid -> sids.add(sid.text()));
    node.put("priorSddl", record.priorSddl());
    node.put("phase", record.phase().name());
    node.put("lasting", record.lasting());
    node.put("pid", record.pid());
    node.put("processCreated", record.processCreated());
    return node.toPrettyString();
  }

  /**
   * Reads a record.
   *
   * @param json JSON
   * @return the record
   * @throws IllegalArgumentException if it is invalid, or of a later version
   */
  public static GrantRecord read(String json) {
    try {
      JsonNode node = MAPPER.readTree(json);
      if (node.path("version").asInt() != VERSION) {
        throw new IllegalArgumentException(
            "version " + node.path("version") + " of a record is not known; use a newer Ringfence");
      }
      List<Sid> sids = new ArrayList<>();
      node.required("sids").forEach(sid -> sids.add(new Sid(sid.asText())));
      return new GrantRecord(
          node.required("id").asText(),
          node.required("path").asText(),
          node.required("volumeSerial").asLong(),
          node.required("fileId").asText(),
          sids,
          node.required("priorSddl").asText(),
          GrantRecord.Phase.valueOf(node.required("phase").asText()),
          node.required("lasting").asBoolean(),
          node.required("pid").asInt(),
          node.required("processCreated").asLong());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a record is no JSON: " + e.getOriginalMessage(), e);
    }
  }
}
