/** Decides on hosts outside and reaches them. For the backends of Ringfence. */
@SuppressWarnings("module")
module org.ringfence.egress {
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.socks;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires org.dnsjava;
  requires org.ringfence;
  requires org.slf4j;

  exports org.ringfence.egress to
      org.ringfence.linux;
  exports org.ringfence.egress.decision to
      org.ringfence.kit,
      org.ringfence.linux;
  exports org.ringfence.egress.dns to
      org.ringfence.kit;
  exports org.ringfence.egress.proxy to
      org.ringfence.kit,
      org.ringfence.linux;

  provides org.ringfence.spi.EgressModule with
      org.ringfence.egress.PresentEgress;
}
