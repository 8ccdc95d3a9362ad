"""What M-Pesa tells of the paybill by itself."""

from payments.mpesa import callbacks
from payments.paybill import services

CONFIRMATIONS = callbacks.paybill(settle=services.confirmed, doubt=services.doubted)
