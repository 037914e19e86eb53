package org.ringfence.benchmarks;

import java.util.List;

/**
 * Work with files, as scripts of a POSIX shell that run in the workspace.
 *
 * @param name its name in the table
 * @param prepare brings the workspace into its first state, outside a sandbox and without a clock
 * @param work the work that is timed
 * @param needs the programs that it needs
 */
record FileWork(String name, String prepare, String work, List<String> needs) {
  private static final int FILES = 2_000;

  /** Makes the files that the workloads start from, once. */
  static final String INPUTS =
      "set -e; export GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=e GIT_COMMITTER_NAME=n"
          + " GIT_COMMITTER_EMAIL=e; mkdir inputs; cd inputs;"
          + " mkdir tree; for d in $(seq 40); do mkdir tree/d$d; for f in $(seq 50); do"
          + " echo \"class C${d}_$f { int f(int x) { return x + $f; } }\" > tree/d$d/C${d}_$f.java;"
          + " done; done; tar -cf tree.tar tree; cp -r tree repository; cd repository; git init -q;"
          + " git add -A; git commit -qm one; git checkout -qb other;"
          + " for f in d*/*.java; do echo '// other' >> $f; done; git commit -qam two; cd ..;"
          + " mkdir c; for f in $(seq 60); do echo \"int f$f(int x) { return x + $f; }\" > c/f$f.c; done;"
          + " printf 'OBJECTS = $(patsubst %%.c,%%.o,$(wildcard *.c))\\nall: $(OBJECTS)\\n' > c/Makefile";

  private static final String PACKAGES =
      " mkdir -p n/p; cd n; for i in $(seq 20); do mkdir -p p/$i/package; for f in $(seq 20); do"
          + " echo \"exports.x = $f\" > p/$i/package/f$f.js; done;"
          + " echo \"{\\\"name\\\":\\\"p$i\\\",\\\"version\\\":\\\"1.0.0\\\"}\" > p/$i/package/package.json;"
          + " tar -czf p$i.tgz -C p/$i package; done; rm -r p;"
          + " echo '{\"name\":\"n\",\"version\":\"1.0.0\"}' > package.json;"
          + " npm install --offline --silent --no-audit --no-fund --cache \"$PWD/cache\" ./p*.tgz";

  /** Returns the workloads in the order of the table. */
  static List<FileWork> all() {
    return List.of(
        new FileWork(
            "writing " + FILES + " files",
            "rm -rf f; mkdir f",
            "for i in $(seq " + FILES + "); do echo x > f/$i; done",
            List.of()),
        new FileWork(
            "the same by four writers",
            "rm -rf f; mkdir f",
            "for w in 1 2 3 4; do (for i in $(seq "
                + FILES / 4
                + "); do echo x > f/$w.$i; done) & done; wait",
            List.of()),
        new FileWork("tar -x", "rm -rf x; mkdir x", "tar -xf inputs/tree.tar -C x", List.of()),
        new FileWork("rm -rf", "rm -rf x; cp -r inputs/tree x", "rm -rf x", List.of()),
        new FileWork("chmod -R", "rm -rf x; cp -r inputs/tree x", "chmod -R go-r x", List.of()),
        new FileWork(
            "git checkout",
            "rm -rf r; cp -a inputs/repository r; git -C r status",
            "git -C r checkout -q master 2> /dev/null || git -C r checkout -q main",
            List.of("git")),
        new FileWork(
            "git status",
            "rm -rf r; cp -a inputs/repository r; git -C r status",
            "git -C r status",
            List.of("git")),
        new FileWork("grep -r", "true", "grep -r other inputs/repository", List.of()),
        new FileWork(
            "npm ci",
            "if [ ! -d n ]; then" + PACKAGES + "; else rm -rf n/node_modules; fi",
            "cd n && npm ci --offline --silent --no-audit --no-fund --cache \"$PWD/cache\"",
            List.of("npm")),
        new FileWork(
            "javac, 400 files",
            "rm -rf out",
            "javac -d out inputs/tree/d[1-8]/*.java",
            List.of("javac")),
        new FileWork(
            "make, 60 C files", "rm -f inputs/c/*.o", "make -C inputs/c", List.of("make", "cc")));
  }

  /** Returns the script that prints the nanoseconds of the work, and its exit code. */
  String timed() {
    return "s=$(date +%s%N); ( "
        + work
        + " ) > /dev/null 2>&1; r=$?; e=$(date +%s%N); echo $((e - s)) $r";
  }
}
