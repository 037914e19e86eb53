package org.ringfence.egress.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.ringfence.egress.decision.Client;
import org.ringfence.egress.proxy.Connector.Connected;
import org.ringfence.egress.proxy.Connector.Denied;
import org.ringfence.egress.proxy.Connector.Failed;
import org.ringfence.egress.proxy.Connector.Outcome;
import org.ringfence.policy.value.InvalidPolicyException;

/** Speaks HTTP with a client of the proxy: CONNECT, and requests in absolute form. */
final class HttpFrontend extends ChannelInboundHandlerAdapter {
  private static final int HTTP_PORT = 80;
  private static final String SCHEME = "http://";

  private final Connector connector;
  private final ProxySettings settings;
  private final Client client;
  private final HttpServerCodec codec;
  private final Queue<Object> waiting = new ArrayDeque<>();
  private boolean connecting;
  private boolean answered = true;
  private boolean refusing;
  private boolean lastRequest;
  private boolean headersOnly;
  private Authority host;
  private Channel upstream;
  private Transfer transfer;
  private Optional<UpstreamProxy> proxy = Optional.empty();

  HttpFrontend(Connector connector, ProxySettings settings, Client client, HttpServerCodec codec) {
    this.connector = connector;
    this.settings = settings;
    this.client = client;
    this.codec = codec;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (refusing) {
      ReferenceCountUtil.release(message);
    } else if (connecting || (message instanceof HttpRequest && !answered)) {
      // One after the other: the next waits until this one is answered.
      waiting.add(message);
      ctx.channel().config().setAutoRead(false);
    } else {
      take(ctx, message);
    }
  }

  private void take(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpRequest request) {
      begin(ctx, request);
    } else if (message instanceof HttpContent content) {
      pass(ctx, content);
    }
  }

  private void begin(ChannelHandlerContext ctx, HttpRequest request) {
    Optional<String> problem = RequestCheck.problem(request);
    if (problem.isPresent()) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, problem.get());
      return;
    }
    String shown = request.headers().get(HttpHeaderNames.PROXY_AUTHORIZATION);
    if (settings.credentials().isPresent() && !settings.credentials().get().matches(shown)) {
      refuse(
          ctx,
          HttpResponseStatus.PROXY_AUTHENTICATION_REQUIRED,
          "this proxy belongs to a sandbox; its variables hold the credentials");
      return;
    }
    try {
      if (request.method().equals(HttpMethod.CONNECT)) {
        connect(ctx, Authority.parse(request.uri(), 0));
      } else {
        forward(ctx, request);
      }
    } catch (InvalidPolicyException e) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, e.getMessage());
    }
  }

  private void connect(ChannelHandlerContext ctx, Authority target) {
    hold(ctx);
    Promise<Outcome> outcome =
        connector.connect(ctx.channel().eventLoop(), target, Optional.empty(), client, true);
    outcome.addListener(
        done -> {
          if (outcome.getNow() instanceof Connected connected) {
            if (!ctx.channel().isActive()) {
              connected.channel().close();
              connected.transfer().end();
              return;
            }
            ctx.writeAndFlush(
                new DefaultHttpResponse(
                    HttpVersion.HTTP_1_1, new HttpResponseStatus(200, "Connection established")));
            waiting.forEach(ReferenceCountUtil::release);
            waiting.clear();
            Tunnel.join(
                ctx, connected, target, Set.of(target.host()), settings, List.of(this, codec));
          } else {
            refuse(ctx, target, outcome.getNow());
          }
        });
  }

  /** Forwards a request in absolute form: {@code GET http://host/path HTTP/1.1}. */
  private void forward(ChannelHandlerContext ctx, HttpRequest request) {
    String uri = request.uri();
    if (!uri.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      refuse(
          ctx,
          HttpResponseStatus.BAD_REQUEST,
          "this is a proxy: a request names its host, GET http://example.org/ HTTP/1.1");
      return;
    }
    int end = SCHEME.length();
    while (end < uri.length() && "/?#".indexOf(uri.charAt(end)) < 0) {
      end++;
    }
    Authority target = Authority.parse(uri.substring(SCHEME.length(), end), HTTP_PORT);
    String path = uri.substring(end);
    if (path.indexOf('#') >= 0 || RequestCheck.namesAnotherHost(request, target, HTTP_PORT)) {
      refuse(
          ctx,
          HttpResponseStatus.BAD_REQUEST,
          "the request's target and its host are not the same");
      return;
    }
    lastRequest = !HttpUtil.isKeepAlive(request);
    headersOnly = request.method().equals(HttpMethod.HEAD);
    RequestCheck.prepare(request);
    request
        .headers()
        .set(
            HttpHeaderNames.HOST,
            target.port() == HTTP_PORT
                ? target.toString().replaceFirst(":80$", "")
                : target.toString());
    answered = false;
    if (upstream != null && upstream.isActive() && target.equals(host)) {
      send(request, path);
      return;
    }
    closeUpstream();
    hold(ctx);
    Promise<Outcome> outcome =
        connector.connect(ctx.channel().eventLoop(), target, Optional.empty(), client, false);
    outcome.addListener(
        done -> {
          if (outcome.getNow() instanceof Connected connected) {
            host = target;
            upstream = connected.channel();
            transfer = connected.transfer();
            if (!ctx.channel().isActive()) {
              closeUpstream();
              return;
            }
            upstream.pipeline().addLast(new HttpClientCodec());
            upstream.pipeline().addLast(new Answers(ctx));
            proxy = connected.upstream();
            send(request, path);
            connecting = false;
            resume(ctx);
            if (upstream != null) {
              upstream.read();
            }
          } else {
            refuse(ctx, target, outcome.getNow());
          }
        });
  }

  private void send(HttpRequest request, String path) {
    if (proxy.isPresent()) {
      request.setUri(SCHEME + host + (path.isEmpty() ? "/" : path));
      proxy
          .get()
          .credentials()
          .ifPresent(
              credentials ->
                  request.headers().set(HttpHeaderNames.PROXY_AUTHORIZATION, credentials.header()));
    } else {
      request.setUri(path.startsWith("/") ? path : "/" + path);
    }
    upstream.writeAndFlush(request);
  }

  private void pass(ChannelHandlerContext ctx, HttpContent content) {
    if (upstream == null) {
      content.release();
      return;
    }
    if (content.decoderResult().isFailure()) {
      // The end of this request is unknown: the bytes after it are no request.
      content.release();
      refusing = true;
      closeUpstream();
      ctx.close();
      return;
    }
    if (content instanceof LastHttpContent last && !last.trailingHeaders().isEmpty()) {
      last.trailingHeaders().clear();
    }
    transfer.sent(content.content().readableBytes());
    upstream.writeAndFlush(content);
    if (!upstream.isWritable()) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  private void hold(ChannelHandlerContext ctx) {
    connecting = true;
    ctx.channel().config().setAutoRead(false);
  }

  private void resume(ChannelHandlerContext ctx) {
    while (!waiting.isEmpty()
        && !connecting
        && !(waiting.peek() instanceof HttpRequest && !answered)) {
      take(ctx, waiting.poll());
    }
    if (waiting.isEmpty() && answered && ((DuplexChannel) ctx.channel()).isInputShutdown()) {
      // The client has ended its input, and all requests are answered.
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    } else if (waiting.isEmpty() && !connecting) {
      ctx.channel().config().setAutoRead(upstream == null || upstream.isWritable());
    }
  }

  /** Passes on the host's answers. */
  private final class Answers extends ChannelInboundHandlerAdapter {
    private final ChannelHandlerContext toClient;
    private boolean keepAlive = true;
    private boolean interim;

    private Answers(ChannelHandlerContext toClient) {
      this.toClient = toClient;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof HttpResponse response) {
        if (response.decoderResult().isFailure()
            || response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
          // The client has not asked for another protocol.
          ReferenceCountUtil.release(message);
          fail();
          return;
        }
        interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        keepAlive = HttpUtil.isKeepAlive(response);
        lastRequest |= !interim && !delimited(response);
        if (lastRequest && !interim) {
          response.headers().set(HttpHeaderNames.CONNECTION, "close");
        }
      }
      if (message instanceof HttpContent content) {
        transfer.received(content.content().readableBytes());
      }
      boolean over = message instanceof LastHttpContent && !interim;
      toClient.write(message);
      if (over) {
        toClient.flush();
        answered = true;
        if (lastRequest) {
          // The end of the connection ends the answer, or the client has asked for it.
          closeUpstream();
          toClient.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
          return;
        }
        if (!keepAlive) {
          closeUpstream();
        }
        resume(toClient);
      }
    }

    private boolean delimited(HttpResponse response) {
      int status = response.status().code();
      return headersOnly
          || status == HttpResponseStatus.NO_CONTENT.code()
          || status == HttpResponseStatus.NOT_MODIFIED.code()
          || HttpUtil.isTransferEncodingChunked(response)
          || HttpUtil.isContentLengthSet(response);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      toClient.flush();
      if (toClient.channel().isWritable()) {
        ctx.read();
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (answered || !connecting) {
        toClient.channel().config().setAutoRead(ctx.channel().isWritable());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!answered && ctx.channel() == upstream) {
        fail();
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        ctx.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }

    /**
     * Ends the connection: the client may already have part of an answer, and only an end shows the
     * cut.
     */
    private void fail() {
      closeUpstream();
      toClient.close();
    }
  }

  private void closeUpstream() {
    if (upstream != null) {
      Channel closing = upstream;
      upstream = null;
      transfer.end();
      closing.close();
    }
  }

  private void refuse(ChannelHandlerContext ctx, Authority target, Outcome outcome) {
    if (outcome instanceof Denied denied) {
      refuse(
          ctx,
          HttpResponseStatus.FORBIDDEN,
          target
              + " is not reached from this sandbox: "
              + denied.decision().rule()
              + ", "
              + denied.decision().explanation()
              + "; to allow it: network.allow "
              + target);
    } else if (outcome instanceof Failed failed) {
      refuse(
          ctx,
          failed.timeout() ? HttpResponseStatus.GATEWAY_TIMEOUT : HttpResponseStatus.BAD_GATEWAY,
          failed.reason());
    }
  }

  private void refuse(ChannelHandlerContext ctx, HttpResponseStatus status, String text) {
    refusing = true;
    byte[] body = ("ringfence: " + text + "\n").getBytes(UTF_8);
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    if (status.equals(HttpResponseStatus.PROXY_AUTHENTICATION_REQUIRED)) {
      response.headers().set(HttpHeaderNames.PROXY_AUTHENTICATE, "Basic realm=\"ringfence\"");
    }
    ctx.channel().config().setAutoRead(true);
    ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (upstream != null && ctx.channel().isWritable()) {
      upstream.read();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closeUpstream();
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    boolean idle = event instanceof IdleStateEvent;
    boolean ended = event instanceof ChannelInputShutdownEvent;
    if (idle || (ended && answered && !connecting)) {
      ctx.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
