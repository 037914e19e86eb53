package com.example.consumer;

import java.nio.file.Files;
import java.nio.file.Path;
import org.ringfence.MissingModuleException;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;

/** Runs commands in a sandbox, as a user of the published artefacts does. */
public final class Consumer {
  private Consumer() {}

  /**
   * Prints one line for each step.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    Path workspace = Files.createTempDirectory("consumer");
    Path outside = Files.createTempDirectory("outside");
    SandboxPolicy policy = Presets.workspaceWrite();
    try (Sandbox sandbox = Sandbox.opener(policy).workspace(workspace).open()) {
      sandbox.command("sh", "-c", "echo in > inside").run().check();
      System.out.println("inside: " + Files.readString(workspace.resolve("inside")).strip());
      Result denied =
          sandbox.command("sh", "-c", "echo out > " + outside.resolve("file")).run();
      System.out.println("outside: " + (denied.exitCode() == 0 ? "written" : "denied"));
    }
    SandboxPolicy hosts = policy.toBuilder().network(n -> n.allow("example.org:443")).build();
    try (Sandbox sandbox = Sandbox.opener(hosts).workspace(workspace).open()) {
      System.out.println("hosts: " + sandbox.command("echo", "open").run().check().stdout().text().strip());
    } catch (MissingModuleException e) {
      System.out.println("hosts: add " + e.artefact());
    }
  }
}
