package org.ringfence.event.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretMaskTest {
  private static final SecretMask MASK = SecretMask.usualAnd(List.of());

  /** Each secret in the lines contains this text. Commas separate the arguments. */
  private static final String SECRET = "sEcr3t";

  private static String masked(String line) {
    return String.join(",", MASK.apply(List.of(line.split(","))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "curl,-u,me:sEcr3t,https://a.test/",
        "/usr/bin/curl,-sSu,me:sEcr3t,https://a.test/",
        "curl,-ume:sEcr3t,https://a.test/",
        "curl,--user,me:sEcr3t,https://a.test/",
        "curl,--user=me:sEcr3t,https://a.test/",
        "curl,-u,me and:sEcr3t,https://a.test/",
        "curl,-H,Authorization: Bearer sEcr3t,https://a.test/",
        "curl,-H,Authorization: Digest a=b c=sEcr3t,https://a.test/",
        "curl,-H,X-Api-Key: sEcr3t,https://a.test/",
        "curl,-HAuthorization: token sEcr3t,https://a.test/",
        "curl,-b,session=sEcr3t,https://a.test/",
        "curl,https://me:sEcr3t@a.test/",
        "git,clone,https://sEcr3tsEcr3tsEcr3t@a.test/x.git",
        "git,-c,http.extraHeader=Authorization: Basic sEcr3t,fetch",
        "mysql,-uroot,-psEcr3t,base",
        "mysql,--password=sEcr3t,base",
        "mysql,--password,sEcr3t,base",
        "sudo,mysqldump,-psEcr3t,base",
        "sh,-c,mysql -uroot -psEcr3t base | gzip",
        "sh,-c,cd x && curl -u 'me:sEcr3t' https://a.test/",
        "bash,-c,ssh host \"mysql -psEcr3t base\"",
        "sh,-c,PGPASSWORD=sEcr3t psql",
        "sshpass,-p,sEcr3t,ssh,host",
        "redis-cli,-a,sEcr3t,keys",
        "docker,login,-u,me,-p,sEcr3t,a.test",
        "openssl,enc,-pass,pass:sEcr3t",
        "zip,-rP,sEcr3t,a.zip,b",
        "7z,a,-psEcr3t,a.7z",
        "keytool,-list,-storepass,sEcr3t",
        "aws,configure,set,aws_secret_access_key,sEcr3t",
        "npm,config,set,//r.test/:_authToken=sEcr3t",
        "tool,--api-key,sEcr3t",
        "tool,--client-secret=sEcr3t",
        "tool,ghp_sEcr3tsEcr3tsEcr3t",
        "tool,eyJhbGciOiJI.sEcr3tsEcr3t.sEcr3t",
        "cmdkey,/add:host,/user:me,/pass:sEcr3t",
        "tool,--password=sEcr3t",
        "tool,--password=two words and sEcr3t",
        "tool,--password,sEcr3t",
        "tool,--db_password,sEcr3t",
        "tool,--db.password2=sEcr3t",
        "tool,-Ddb.password=sEcr3t",
        "tool,--aws-secret-access-key,sEcr3t",
        "tool,--secret_access_key=sEcr3t",
        "tool,--master-key,sEcr3t",
        "env,TOKEN=sEcr3t,tool",
        "env,MY_TOKEN_2=sEcr3t,tool",
        "env,AWS_SECRET_ACCESS_KEY=sEcr3t,AWS_SESSION_TOKEN=sEcr3t,aws",
        "sh,-c,export TOKEN=\"a sEcr3t\"; tool",
        "sh,-c,export TOKEN='a sEcr3t'; tool",
        "sh,-c,tool --password 'a sEcr3t'",
        "tool,{\"password\": \"a \\\" sEcr3t\"}",
        "tool,{\"Authorization\":\"Bearer sEcr3t\"}",
        "tool,AKIAsEcr3tsEcr3t",
        "tool,a:ASIAsEcr3tsEcr3t:b",
        "tool,Authorization:Bearer sEcr3t",
        "tool,Authorization: sEcr3t of one's own",
        "tool,X-Amz-Security-Token: sEcr3t",
        "tool,use bearer sEcr3tsEcr3t now",
        "tool,https://me:sEcr3t@host/path",
        "tool,https://me:a@sEcr3t@host/path",
        "tool,git+ssh://me:sEcr3t@host",
        "tool,postgres://:sEcr3t@host/base",
        "tool,https://a.test/blob?sv=1&sig=sEcr3t&x=y",
        "tool,machine a.test login me password sEcr3t",
        "tool,AccountName=me;AccountKey=sEcr3t==;x=y",
        "tool,-----BEGIN RSA PRIVATE KEY-----\nsEcr3t\n-----END RSA PRIVATE KEY-----",
        "tool,-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128\n\nsEcr3t\n-----END RSA PRIVATE KEY-----",
        "tool,-----BEGIN OPENSSH PRIVATE KEY-----\nsEcr3t",
        "tool,-----BEGIN PGP PRIVATE KEY BLOCK-----\nsEcr3t\n-----END PGP PRIVATE KEY BLOCK-----",
        "tool,eyJhbGciOiJI.sEcr3t.a.b.sEcr3t"
      })
  void secretArgumentIsMasked(String line) {
    assertThat(masked(line)).doesNotContain(SECRET).contains("***");
    assertThat(masked(line).split(",")).hasSameSizeAs(line.split(","));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "curl,-o,out,https://a.test/path?x=1",
        "docker,run,-p,8080:80,image",
        "mysql,-uroot,-h,host,-p,base",
        "ls,-u,file",
        "sh,-c,curl https://a.test/; sort -u names",
        "git,commit,-m,tell the user about passwords",
        "ssh,-p,22,host",
        "mvn,-pl,cli,-am,test",
        "make,-j8",
        "du,--disk-usage-of-all",
        "tool,--password-file=,x",
        "tool,-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
        "git,clone,ssh://git@a.test/x.git",
        "tool,https://a.test:8080/a@b"
      })
  void ordinaryArgumentStaysUnmasked(String line) {
    assertThat(masked(line)).isEqualTo(line);
  }

  @Test
  void listOfSecretArgumentsIsWellFormed() throws Exception {
    try (InputStream in = SecretMask.class.getResourceAsStream("secret-arguments.txt")) {
      List<String> lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .toList();
      assertThat(lines).hasSizeGreaterThan(40).doesNotHaveDuplicates();
      assertThat(lines)
          .allSatisfy(
              line -> assertThat(line.split(" \\| ")).hasSize(4).noneMatch(String::isBlank));
    }
    assertThat(SecretOptions.programs()).contains("curl", "mysql");
  }

  @Test
  void maskingHostileShellLineEnds() {
    String quotes = "'\"".repeat(50_000);
    String words = "curl -u ".repeat(20_000);
    assertThat(MASK.apply(List.of("sh", "-c", quotes + words, quotes, words))).hasSize(5);
  }

  /** A text that counts the characters that a pattern reads. */
  private static final class Counted implements CharSequence {
    private final String text;
    private long steps;

    private Counted(String text) {
      this.text = text;
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      steps++;
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }
  }

  private static long steps(Pattern pattern, boolean search, String unit, int length) {
    Counted text = new Counted(unit.repeat(length / unit.length()));
    Matcher matcher = pattern.matcher(text);
    while (search ? matcher.find() : text.steps == 0 && matcher.matches()) {
      assertThat(matcher.end()).isGreaterThan(matcher.start());
    }
    return text.steps;
  }

  private static void assertGrowth(Pattern pattern, boolean search, String unit) {
    long once = steps(pattern, search, unit, 2_048);
    assertThat(steps(pattern, search, unit, 8_192))
        .as(pattern.pattern())
        .isLessThan(6 * once + 10_000);
  }

  /** Four times the text may take four times the steps, and a little more: never sixteen times. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "eyJ",
        "eyJ.",
        "eyJaaaaaaaa.",
        "a",
        "A",
        "-",
        "--",
        "---",
        "-----",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----a",
        "token",
        "tokens",
        "pass",
        "pass ",
        "password",
        "pwd",
        "token: ",
        "token=",
        "token=\"",
        "token='\\",
        "=",
        ":",
        "\"",
        "'",
        "'\"",
        "\\",
        "\\\"",
        "://",
        "a://",
        "a://:",
        "a://a:",
        "a://a@",
        "a:a@",
        ":@",
        "@",
        "sk-",
        "sk",
        "ghp_",
        "SG.",
        "npm_",
        "authorization",
        "authorization:",
        "cookie ",
        "x-",
        "x-x-key",
        "x-key ",
        "x-key: bearer ",
        "bearer ",
        "bearer",
        "login ",
        "login a ",
        "login a password ",
        "?sig=",
        "&sig",
        "--pass",
        "--pass-",
        "--token=",
        "-_.",
        "key",
        "api-key",
        "api_key ",
        "a ",
        " ",
        "\t\n",
        "\n",
        "é",
        "curl -u "
      })
  void stepsOfEveryPatternGrowWithTheTextOnly(String unit) {
    MASK.searched().forEach(pattern -> assertGrowth(pattern, true, unit));
    SecretMask.matched().forEach(pattern -> assertGrowth(pattern, false, unit));
  }

  @Test
  void argumentIsSearchedAndRecordedUpToABound() {
    String longest = "x".repeat(SecretMask.LONGEST);
    assertThat(MASK.apply(List.of("tool", longest))).containsExactly("tool", longest);
    assertThat(MASK.apply(List.of("tool", longest + SECRET)))
        .containsExactly("tool", longest + "…");
  }
}
