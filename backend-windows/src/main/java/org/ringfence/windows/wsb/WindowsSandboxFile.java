package org.ringfence.windows.wsb;

import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * A {@code .wsb} file: the configuration of Windows Sandbox, a virtual machine with a desktop. Its
 * elements are those of Microsoft's page on the configuration of Windows Sandbox.
 *
 * @param folders the mapped folders; the virtual machine sees no other file of the host
 * @param network whether the virtual machine has a network adapter
 * @param mebibytes the memory of the virtual machine in MiB; empty for the usual
 * @param logonCommand the command that starts with the desktop
 * @param ofThisSystem whether the paths are those of a Windows machine
 */
public record WindowsSandboxFile(
    List<Folder> folders,
    boolean network,
    OptionalLong mebibytes,
    String logonCommand,
    boolean ofThisSystem) {

  /**
   * A mapped folder.
   *
   * @param host its path outside
   * @param inside its path in the virtual machine
   * @param readOnly whether the virtual machine cannot write to it
   */
  public record Folder(String host, String inside, boolean readOnly) {}

  /** Copies the list. */
  public WindowsSandboxFile {
    folders = List.copyOf(folders);
  }

  /**
   * Compiles a policy.
   *
   * @param policy the policy
   * @param command the command that starts with the desktop; without words a command prompt does
   * @return the file
   * @throws InvalidPolicyException if the file cannot express a part of the policy or the command
   */
  public static WindowsSandboxFile compile(EffectivePolicy policy, List<String> command) {
    List<Folder> folders = MappedFolders.of(policy);
    InexpressibleParts.check(policy, folders);
    String workspace = policy.places().real(policy.places().workspace());
    Optional<String> start = MappedFolders.inside(policy.places().style(), folders, workspace);
    return new WindowsSandboxFile(
        folders,
        policy.policy().network().mode() == NetworkMode.FULL,
        InexpressibleParts.mebibytes(policy.policy().limits()),
        LogonCommand.of(start, command),
        policy.places().style() == PathStyle.WINDOWS);
  }

  /**
   * Returns the text of the file.
   *
   * @return XML, which ends with a line end
   */
  public String text() {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
      write(xml);
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
    return text.toString();
  }

  private void write(XMLStreamWriter xml) throws XMLStreamException {
    xml.writeStartElement("Configuration");
    comment(xml, "For Windows Sandbox: save it with the ending .wsb, and open it.");
    comment(xml, "Windows of an edition above Home; one sandbox at a time; the window ends it.");
    comment(xml, "Ringfence starts nothing here, and has not tried this file on a real Windows.");
    if (!ofThisSystem) {
      comment(xml, "Replace each HostFolder: these paths are of another system.");
    }
    // The clipboard, the camera and the graphics of the host are not given to the workload.
    for (String closed :
        List.of("VGpu", "AudioInput", "VideoInput", "PrinterRedirection", "ClipboardRedirection")) {
      element(xml, 1, closed, "Disable");
    }
    element(xml, 1, "ProtectedClient", "Enable");
    element(xml, 1, "Networking", network ? "Enable" : "Disable");
    if (mebibytes.isPresent()) {
      element(xml, 1, "MemoryInMB", Long.toString(mebibytes.getAsLong()));
    }
    start(xml, 1, "MappedFolders");
    for (Folder folder : folders) {
      start(xml, 2, "MappedFolder");
      element(xml, 3, "HostFolder", folder.host());
      element(xml, 3, "SandboxFolder", folder.inside());
      element(xml, 3, "ReadOnly", Boolean.toString(folder.readOnly()));
      end(xml, 2);
    }
    end(xml, 1);
    start(xml, 1, "LogonCommand");
    element(xml, 2, "Command", logonCommand);
    end(xml, 1);
    end(xml, 0);
    xml.writeCharacters("\n");
  }

  private static void indent(XMLStreamWriter xml, int depth) throws XMLStreamException {
    xml.writeCharacters("\n" + "  ".repeat(depth));
  }

  private static void comment(XMLStreamWriter xml, String text) throws XMLStreamException {
    indent(xml, 1);
    xml.writeComment(" " + text + " ");
  }

  private static void start(XMLStreamWriter xml, int depth, String name) throws XMLStreamException {
    indent(xml, depth);
    xml.writeStartElement(name);
  }

  private static void end(XMLStreamWriter xml, int depth) throws XMLStreamException {
    indent(xml, depth);
    xml.writeEndElement();
  }

  private static void element(XMLStreamWriter xml, int depth, String name, String text)
      throws XMLStreamException {
    start(xml, depth, name);
    xml.writeCharacters(text);
    xml.writeEndElement();
  }
}
