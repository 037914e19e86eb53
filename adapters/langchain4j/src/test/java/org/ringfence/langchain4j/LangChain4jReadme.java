package org.ringfence.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.service.AiServices;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.ringfence.Sandbox;
import org.ringfence.policy.json.Presets;

/** The example of README. */
final class LangChain4jReadme {
  private LangChain4jReadme() {}

  interface Assistant {
    String chat(String message);
  }

  static String run(Path project, ChatModel model) throws IOException {
    try (Sandbox sandbox = Sandbox.opener(Presets.workspaceWrite()).workspace(project).open()) {
      Assistant assistant =
          AiServices.builder(Assistant.class)
              .chatModel(model)
              .tools(new SandboxTools(sandbox).mostTime(Duration.ofMinutes(5)))
              .build();
      return assistant.chat("Make a file with today's date.");
    }
  }
}
