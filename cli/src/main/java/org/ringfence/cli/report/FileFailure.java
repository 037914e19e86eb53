package org.ringfence.cli.report;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.ringfence.SandboxException;

/** Describes a failed attempt on a file that the user named, with its reason. */
public final class FileFailure {
  private FileFailure() {}

  /**
   * Creates an error that names the attempt.
   *
   * @param tried the attempt, up to the file: {@code cannot read the policy}
   * @param file the file as the user named it
   * @param failure how it failed
   */
  public static SandboxException of(String tried, String file, IOException failure) {
    return new SandboxException(tried + " " + file + ": " + reason(file, failure), failure);
  }

  /** Returns the reason, without the file's name where it is the named file. */
  private static String reason(String file, IOException failure) {
    String other = "";
    if (failure instanceof FileSystemException failed && failed.getFile() != null) {
      Path named = Path.of(file).toAbsolutePath().normalize();
      Path at = Path.of(failed.getFile()).toAbsolutePath().normalize();
      other = at.equals(named) ? "" : failed.getFile();
      Path parent = named.getParent();
      if (failure instanceof NoSuchFileException && parent != null && !Files.exists(parent)) {
        return "there is no directory " + parent;
      }
    }
    return reason(failure) + (other.isEmpty() ? "" : " (" + other + ")");
  }

  /**
   * Returns in words why a file could not be read or written.
   *
   * @param failure the exception
   * @return the reason alone, without the file's name where the exception's type tells the reason
   */
  public static String reason(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "there is no such file";
    } else if (failure instanceof AccessDeniedException) {
      return "permission denied: this user may not read or write it";
    } else if (failure instanceof FileAlreadyExistsException) {
      return "it is there already";
    } else if (failure instanceof NotDirectoryException) {
      return "a part of its path is no directory";
    } else if (failure instanceof FileSystemLoopException) {
      return "too many symbolic links are on its path";
    } else if (failure instanceof CharacterCodingException) {
      return "it is not a text in UTF-8";
    } else if (failure instanceof FileSystemException failed && failed.getReason() != null) {
      return failed.getReason();
    }
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }
}
