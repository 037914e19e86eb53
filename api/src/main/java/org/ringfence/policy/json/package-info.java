/** Policies and plans as JSON: reading with places in every error, writing, presets, the schema. */
package org.ringfence.policy.json;
