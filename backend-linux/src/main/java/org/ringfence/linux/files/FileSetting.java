package org.ringfence.linux.files;

import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.task.CallerUmasks;
import org.ringfence.linux.task.WaitingCalls;

/**
 * The parts of a sandbox that every class which answers calls on files needs.
 *
 * @param kernel the system calls
 * @param paths resolves names
 * @param view the policy and how the sandbox sees paths
 * @param denied receives denials
 * @param waiting holds calls whose callers wait
 * @param umasks reads the masks of callers
 */
public record FileSetting(
    Kernel kernel,
    PathResolver paths,
    FileView view,
    Consumer<Violation> denied,
    WaitingCalls waiting,
    CallerUmasks umasks) {}
